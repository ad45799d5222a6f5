"""The compression dictionary that both sides share: what almost every message says. Part of protocol 1: never changed.

Most frequent last, as zlib wants it. A new dictionary is a new compression byte (docs/protocol.md).
"""

_WORDS = """
district/reference state/reference branch/bearers branch/groups block/no_branch block/accounts block/groups gp/members
kyc_mismatch bearer_absent resolution_missing photo_or_seal_missing pan_or_form60_asked come_later no_staff_or_day
existing_account service_area network_down not_needed closed passbook_received returned submitted form_filled
kyc_collected resolution_passed not_started opened cancelled signatories savings
two_offices bearer_left bearer_elsewhere few_signatories too_few_members too_many_members declared_differs
woman_in_two_groups same_account_twice steps_disputed waits_for_parent not_allowed_field out_of_reach
weekly fortnightly monthly special women revived co_opted new village gram_panchayat cluster block district state
abm bank_sakhi supervisor nodal admin applied lost held quarantined refused waiting_for
मध्यप्रदेश ग्रामीण बैंक महिला आजीविका स्व-सहायता समूह स्वयं सहायता समूह बचत समूह ग्राम पंचायत देवी बाई कुमारी सिंह यादव साहू
सुनीता गीता रेखा मीना अनीता पूनम शांति कमला ममता सरस्वती लक्ष्मी दुर्गा जय अम्बे माँ काली राधा रानी शिव शक्ति
"""
_FIELDS = (
    '"Place","Norm","BankBranch","ServiceArea","Person","Assignment","Conflict",'
    '"level","parent_id","name","name_hi","lgd_code","nrlm_code","local_code","aliases","block_id","district_id",'
    '"bank_name","ifsc","branch_id","person_id","role","place_id","from_on","to_on","in_charge","code","value",'
    '"village_id","formed_on","declared_members","group_type","origin","restarted_on","meeting_rhythm","formed_by_id",'
    '"president_id","president_signs","secretary_id","secretary_signs","treasurer_id","treasurer_signs","mobile","active",'
    '"account_needed","remarks","same_as","roster_count","marks","canonical_id","deleted_on",'
    '"typed_bank","typed_branch","typed_ifsc","account_number","name_in_passbook","opened_on","state","submitted_on",'
    '"account_last4","account_id","process","kind","on_day","reason","note","author_id","cancels_id","after",'
    '"shg_id","name","guardian_name","age","mobile","joined_on","left_on"'
)
_SHAPES = (
    '{"k":"AccountStep","i":"","f":[],"c":[["c",null],["v",["w",["i","["d",[["n",[]],"s":[["0190"],0,{}]}]'
    '{"k":"SavingsAccount","i":"{"k":"Member","i":"{"k":"Shg","i":"'
    '{"v":1,"a":"0.1.0","c":"","n":1,"h":"","u":1,"o":17,"m":500,"b":[1,""]}'
    '{"e":"","t":179,"b":[1,"applied",[[0,0,"applied"]],{},null],"p":{"c":"","n":1,"s":[],"m":true,"l":1}}'
)
DICTIONARY = (" ".join(_WORDS.split()) + _FIELDS + _SHAPES).encode()
