"""Days in the field, in a real browser: cut off and back, two phones and a server, Hindi and English."""

import re

import pytest

from screens.parts.times import today as india_today
from screens.words import Words, words_of
from tests.browser.phone_screen import PhoneScreen

HINDI, ENGLISH = words_of("hi"), words_of("en")
both_languages = pytest.mark.parametrize("words", [HINDI, ENGLISH], ids=["Hindi", "English"])


def in_language(screen_of, phone: str, words: Words) -> PhoneScreen:
    """The phone's list of groups, after its language was chosen in the settings."""
    screen = screen_of(phone, "/settings")
    screen.tap(f"language-{words.language}")
    screen.title_is(words.say("settings.title"))
    screen.tap_tab(words.say("nav.groups"))
    screen.title_is(words.say("groups.title"))
    return screen


@pytest.fixture(autouse=True)
def hindi_again(request, screen_of):
    """The language is the phone's, and lasts: the next journey begins in Hindi."""
    words = request.node.callspec.params.get("words") if hasattr(request.node, "callspec") else HINDI
    yield
    if words is ENGLISH:
        for phone in ("abm", "sakhi"):
            screen = screen_of(phone, "/settings")
            screen.tap("language-hi")
            screen.title_is(HINDI.say("settings.title"))


def register_group(screen: PhoneScreen, name: str, words: Words = HINDI) -> None:
    """The form of a new group, as an ABM fills it in."""
    screen.tap("register-group")
    screen.title_is(words.say("group.new"))
    screen.tap("field-village_id")
    screen.fill(words.say("form.search_list"), "भजिया")
    screen.tap_at_rest(screen.page.get_by_role("button", name=re.compile("^(भजिया|Bhajia)")).first)
    screen.fill(words.field("Shg", "name"), name)
    screen.fill(words.field("Shg", "formed_on"), "१४-११-२०२६")
    screen.fill(words.field("Shg", "declared_members"), "१२")
    screen.tap("save")


def search_group(screen: PhoneScreen, name: str, words: Words = HINDI) -> None:
    """Find a group among those of the block, as anybody must."""
    screen.fill(words.say("groups.search"), name)


def test_a_phone_lists_its_part_of_a_full_block_and_finds_a_group_in_it(screen_of):
    abm, sakhi = screen_of("abm"), screen_of("sakhi")
    # As many as the block has, and those that the story and other journeys have added: more than fit on a page.
    abm.sees(re.compile("^1,6[0-9][0-9] समूह"))
    sakhi.sees(re.compile("^[1-4][0-9][0-9] समूह"))
    search_group(abm, "jai ambe")
    abm.sees_button(re.compile("जय अम्बे"))
    abm.sees(re.compile("^[1-9][0-9]? समूह"))


@both_languages
def test_a_group_registered_while_cut_off_is_received_when_the_network_returns(screen_of, demo, words):
    name = {"hi": "क्षमा श्री महिला समूह", "en": "Udan Naari Shakti Samooh"}[words.language]
    abm = in_language(screen_of, "abm", words)
    demo.switch("abm", "off")
    register_group(abm, name, words)

    abm.title_is(name)
    abm.sees(words.say("saved.phone"))
    abm.back()
    search_group(abm, name, words)
    abm.sees_button(re.compile(f"{name}.*{words.say('saved.phone')}"))
    abm.sees_button(re.compile(words.say("sync.waiting_offline", count=1).replace("1", r"\d+")))

    demo.switch("abm", "on")
    abm.sees_button(re.compile(f"{name}.*{words.say('saved.server')}"))

    sakhi = in_language(screen_of, "sakhi", words)
    search_group(sakhi, name, words)
    sakhi.sees_button(re.compile(name))
    assert not [url for url in abm.asked_outside if "rive" not in url], "no request leaves the machine"


def test_a_form_half_filled_is_there_again_on_another_day(screen_of):
    abm = screen_of("abm")
    abm.tap("register-group")
    abm.fill(HINDI.field("Shg", "name"), "आधा नाम")
    abm.page.wait_for_timeout(800)
    abm.page.close()

    again = screen_of("abm", "/new")
    again.sees_button(HINDI.say("draft.drop"))
    again.holds(HINDI.field("Shg", "name"), "आधा नाम")
    again.tap("draft-discard")


def test_a_day_is_picked_from_the_calendar_and_the_calendar_goes(screen_of):
    abm = screen_of("abm", "/new")
    abm.tap("pick-formed_on")
    abm.tap_at_rest(abm.page.get_by_role("button", name=re.compile(r"^1\b")).first)
    abm.tap_words("ठीक है")
    first = india_today().replace(day=1)
    abm.holds(HINDI.field("Shg", "formed_on"), f"{first:%d-%m-%Y}")
    assert abm.page.get_by_role("button", name="ठीक है").count() == 0


def test_what_is_missing_is_said_at_the_field(screen_of):
    abm = screen_of("abm", "/new")
    abm.tap("save")
    abm.sees(HINDI.say("form.check_fields", count=2).removeprefix("2 "))
    abm.sees(HINDI.problem("required"))


@both_languages
def test_the_account_is_opened_at_the_counter(screen_of, demo, words):
    name = {"hi": "नवदुर्गा समूह", "en": "Pragati Path Samooh"}[words.language]
    number = {"hi": "942110110001234", "en": "942110110005678"}[words.language]
    abm = in_language(screen_of, "abm", words)
    register_group(abm, name, words)
    abm.title_is(name)
    # The sakhi's phone asks when it is opened: the group must have come to the centre before that.
    demo.wait_until_sent("abm")

    sakhi = in_language(screen_of, "sakhi", words)
    search_group(sakhi, name, words)
    sakhi.tap_words(name)
    sakhi.tap("tab-account")
    sakhi.tap("record-step")
    sakhi.tap("kind-submitted")
    sakhi.tap("field-branch_id")
    sakhi.tap_at_rest(sakhi.page.get_by_role("button", name=re.compile("Gramin Bank")).first)
    sakhi.tap("save")
    sakhi.tap("tab-account")
    sakhi.sees(words.say("state.submitted"))
    sakhi.tap("record-step")
    sakhi.tap("kind-opened")
    sakhi.fill(words.field("SavingsAccount", "account_number"), number)
    sakhi.fill(words.say("accounts.number_again"), number)
    sakhi.tap("save")
    sakhi.tap("tab-account")
    sakhi.sees(words.say("state.opened"))

    # The other phone hears of it with its next contact after this one.
    demo.wait_until_sent("sakhi")
    demo.switch("abm", "off")
    demo.switch("abm", "on")
    abm.tap("tab-account")
    abm.sees(words.say("state.opened"))


def test_the_app_speaks_english_too(screen_of):
    abm = screen_of("abm", "/settings")
    abm.tap("language-en")
    abm.title_is(ENGLISH.say("settings.title"))
    abm.tap_tab(ENGLISH.say("nav.groups"))
    abm.sees_button(ENGLISH.say("do.register_group"))
    abm.tap_tab(ENGLISH.say("nav.more"))
    abm.tap("language-hi")
    abm.title_is(HINDI.say("settings.title"))


@both_languages
def test_a_day_at_the_branch_goes_from_today_to_the_board_and_back(screen_of, words):
    """Today, the accounts that the bank holds, one step in four taps, and the board again where it was left."""
    sakhi = screen_of("sakhi", "/settings")
    sakhi.tap(f"language-{words.language}")
    sakhi.tap_tab(words.say("nav.today"))
    sakhi.tap("today-blocker-not_begun")
    sakhi.sees_button(re.compile(words.say("state.not_started")))
    sakhi.tap_at_rest(sakhi.page.locator("[flt-semantics-identifier^='step-']").first)
    sakhi.title_is(words.say("do.record_step"))
    sakhi.tap("save")
    sakhi.title_is(words.say("board.title"))
    sakhi.tap("blocker-all")
    sakhi.sees_button(re.compile(words.say("need.kyc_of_bearers")))
    sakhi.tap("pick-many")
    sakhi.tap_at_rest(sakhi.page.locator("[flt-semantics-identifier^='board-']").first)
    sakhi.tap("record-many")
    sakhi.sees(words.say("board.many_title"))
    sakhi.tap("many-close")


def test_today_and_the_settings_in_large_letters(screen_of):
    abm = screen_of("abm", "/")
    abm.sees(re.compile(HINDI.say("today.overdue", count=2, days=7).replace("2", r"\d+", 1)))
    abm.tap("today-overdue")
    abm.title_is(HINDI.say("groups.title"))
    abm.tap_tab(HINDI.say("nav.more"))
    abm.tap("text-size-largest")
    abm.tap("look-outdoor")
    abm.tap("open-help")
    abm.sees(HINDI.say("help.offline.title"))
    abm.back()
    abm.title_is(HINDI.say("settings.title"))
    abm.tap("text-size-normal")
    abm.tap("look-light")


@pytest.mark.parametrize("path", ["/", "/groups", "/accounts", "/new", "/sync", "/settings", "/support"])
def test_everything_that_can_be_tapped_has_a_name(screen_of, path):
    """For a screen reader, and for a tester, a button without a name is not there."""
    screen = screen_of("abm", path)
    screen.page.wait_for_timeout(1000)
    nameless = [
        one.evaluate("element => element.outerHTML.slice(0, 200)")
        for one in screen.page.locator("flt-semantics-host [role=button]").all()
        if not (one.get_attribute("aria-label") or one.inner_text()).strip()
    ]
    assert not nameless
