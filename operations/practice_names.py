"""The elements that names of practice are put together from: common ones, combined at random, of nobody in particular.

Each stands in Latin letters and in Hindi, as both are written in the field.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """A name, or a part of one, in both scripts."""

    latin: str
    hindi: str

    def __add__(self, other: "Written") -> "Written":
        """Two parts with a space between; an empty part adds nothing."""
        if not (self.latin and other.latin):
            return self if self.latin else other
        return Written(f"{self.latin} {other.latin}", f"{self.hindi} {other.hindi}")


def _pairs(text: str) -> tuple[Written, ...]:
    return tuple(Written(*one.strip().split("=")) for one in text.split(","))


NOTHING = Written("", "")

VILLAGES = _pairs(
    "Pipariya=पिपरिया, Mahgawan=महगवाँ, Majhgawan=मझगवाँ, Imaliya=इमलिया, Amgawan=अमगवाँ, Khirwa=खिरवा, "
    "Tikariya=टिकरिया, Bamhori=बम्हौरी, Barkheda=बरखेड़ा, Semariya=सेमरिया, Patna=पटना, Deori=देवरी, Umariya=उमरिया, "
    "Bhatgawan=भटगवाँ, Jamuniya=जमुनिया, Mohas=मोहास, Salaiya=सलैया, Dhanwahi=धनवाही, Hardua=हरदुआ, Gudha=गुढ़ा, "
    "Karahiya=करहिया, Banjari=बंजारी, Sijahra=सिजहरा, Khamhariya=खम्हरिया, Kachhari=कछारी, Bargawan=बरगवाँ, "
    "Tilgawan=तिलगवाँ, Lahargawan=लहरगवाँ, Naigawan=नैगवाँ, Ahirgawan=अहिरगवाँ, Bichhua=बिछुआ, Raipura=रैपुरा, "
    "Dharwara=धरवारा, Pondi=पोंडी, Silondi=सिलौंडी, Pali=पाली, Mehgaon=मेहगाँव, Badera=बडेरा, Navasta=नवस्ता, "
    "Rampur=रामपुर, Gopalpur=गोपालपुर, Hirapur=हीरापुर, Lakshmipur=लक्ष्मीपुर, Madhopur=माधोपुर, Kishanpur=किशनपुर, "
    "Narayanpur=नारायणपुर, Bharatpur=भरतपुर, Janakpur=जनकपुर, Sundarpur=सुंदरपुर, Dharampur=धरमपुर, Fatehpur=फतेहपुर, "
    "Manikpur=मानिकपुर, Motipura=मोतीपुरा, Chargawan=चरगवाँ, Kathbariya=कठबरिया, Jigdaha=जिगदहा, Lamtara=लमतरा, "
    "Bhainswahi=भैंसवाही, Gulwara=गुलवारा, Kuthla=कुठला, Kanhwara=कन्हवारा, Bilhari=बिलहरी, Kaudiya=कौड़िया, "
    "Nigahra=निगहरा, Padwar=पड़वार, Teori=तेवरी, Khitoli=खितौली, Ubra=उबरा, Bujbuja=बुजबुजा, Itaura=इटौरा, "
    "Karonda=करौंदा, Mahuakheda=महुआखेड़ा, Bhadanpur=भदनपुर, Jhinna=झिन्ना, Sagona=सगौना, Dhourra=धौर्रा, "
    "Kundam=कुंडम, Kevlari=केवलारी, Ghughari=घुघरी, Dungariya=डुंगरिया"
)
"""Names that many villages of the region bear."""

VILLAGE_PARTS = _pairs("Kalan=कला, Khurd=खुर्द, Tola=टोला, Mal=माल, Raiyat=रैयत, Khas=खास, Bujurg=बुजुर्ग, Dungri=डुंगरी")
"""What tells villages of one name apart: the great one, the small one, the hamlet ..."""

WOMEN = _pairs(
    "Sita=सीता, Gita=गीता, Kamla=कमला, Sushila=सुशीला, Phoolmati=फूलमती, Ramkali=रामकली, Munni=मुन्नी, Shanti=शांति, "
    "Urmila=उर्मिला, Parvati=पार्वती, Genda=गेंदा, Sunita=सुनीता, Anita=अनीता, Rekha=रेखा, Savitri=सावित्री, "
    "Kusum=कुसुम, Lakshmi=लक्ष्मी, Radha=राधा, Rajkumari=राजकुमारी, Prema=प्रेमा, Meena=मीना, Shyama=श्यामा, "
    "Tulsa=तुलसा, Jamuna=जमुना, Ganga=गंगा, Saroj=सरोज, Asha=आशा, Usha=उषा, Maya=माया, Kalavati=कलावती, "
    "Bhagwati=भगवती, Rampyari=रामप्यारी, Guddi=गुड्डी, Champa=चम्पा, Chameli=चमेली, Dulari=दुलारी, Sukhvati=सुखवती, "
    "Budhiya=बुधिया, Sombati=सोमबती, Mangli=मंगली, Itvari=इतवारी, Betibai=बेटीबाई, Janki=जानकी, Rukmani=रुक्मणी, "
    "Vimla=विमला, Nirmala=निर्मला, Pushpa=पुष्पा, Kiran=किरण, Manju=मंजू, Sangita=संगीता, Kavita=कविता, "
    "Mamta=ममता, Ranjana=रंजना, Arti=आरती, Pooja=पूजा, Durga=दुर्गा, Sarita=सरिता, Malti=मालती, Ramvati=रामवती, "
    "Sonia=सोनिया, Phulkali=फूलकली, Ahilya=अहिल्या, Shakun=शकुन, Kesar=केसर"
)

MEN = _pairs(
    "Ramlal=रामलाल, Mohanlal=मोहनलाल, Shyamlal=श्यामलाल, Rajesh=राजेश, Suresh=सुरेश, Mahesh=महेश, Dinesh=दिनेश, "
    "Ramesh=रमेश, Kailash=कैलाश, Santosh=संतोष, Ashok=अशोक, Vinod=विनोद, Ramkumar=रामकुमार, Rajkumar=राजकुमार, "
    "Munnalal=मुन्नालाल, Babulal=बाबूलाल, Kanhaiya=कन्हैया, Gopal=गोपाल, Govind=गोविंद, Hariram=हरिराम, "
    "Dasrath=दशरथ, Lakhan=लखन, Bharat=भरत, Shivcharan=शिवचरण, Ganesh=गणेश, Mukesh=मुकेश, Rakesh=राकेश, "
    "Jagdish=जगदीश, Premlal=प्रेमलाल, Sukhlal=सुखलाल, Budhram=बुधराम, Somnath=सोमनाथ, Mangal=मंगल, Itvari=इतवारी, "
    "Chhotelal=छोटेलाल, Baldev=बलदेव, Manohar=मनोहर, Narayan=नारायण, Parasram=परसराम, Tulsiram=तुलसीराम"
)

SURNAMES = _pairs(
    "Kol=कोल, Patel=पटेल, Yadav=यादव, Chaudhari=चौधरी, Barman=बर्मन, Lodhi=लोधी, Vishwakarma=विश्वकर्मा, Gond=गोंड, "
    "Kushwaha=कुशवाहा, Sahu=साहू, Sen=सेन, Kewat=केवट, Rajak=रजक, Prajapati=प्रजापति, Adivasi=आदिवासी, Pal=पाल, "
    "Singh=सिंह, Tiwari=तिवारी, Dubey=दुबे, Namdev=नामदेव, Kori=कोरी, Ahirwar=अहिरवार, Soni=सोनी, Raikwar=रैकवार, "
    "Bhumiya=भूमिया, Mehra=मेहरा, Kachhi=काछी, Dahiya=दहिया, Baiga=बैगा, Gupta=गुप्ता"
)

MIDDLE = (*_pairs("Bai=बाई, Devi=देवी"), NOTHING)
"""Between a woman's own name and her family's."""

GROUPS = _pairs(
    "Jai Ambe=जय अम्बे, Maa Sharda=माँ शारदा, Lakshmi=लक्ष्मी, Saraswati=सरस्वती, Durga=दुर्गा, Narmada=नर्मदा, "
    "Jai Bajrang=जय बजरंग, Radha Krishna=राधा कृष्ण, Sita Ram=सीता राम, Santoshi Mata=संतोषी माता, Gayatri=गायत्री, "
    "Parvati=पार्वती, Ganga=गंगा, Jamuna=जमुना, Tulsi=तुलसी, Kamal=कमल, Gulab=गुलाब, Ekta=एकता, Pragati=प्रगति, "
    "Jagriti=जागृति, Shakti=शक्ति, Vikas=विकास, Ujala=उजाला, Roshni=रोशनी, Asha=आशा, Kiran=किरण, Sangam=संगम, "
    "Prerna=प्रेरणा, Saheli=सहेली, Mahila Shakti=महिला शक्ति, Naya Savera=नया सवेरा, Khushi=खुशी, Samriddhi=समृद्धि, "
    "Annapurna=अन्नपूर्णा, Bhumi=भूमि, Dharti Mata=धरती माता, Hariyali=हरियाली, Nari Shakti=नारी शक्ति, "
    "Mahamaya=महामाया, Vaishnavi=वैष्णवी, Ganesh=गणेश, Shiv Shakti=शिव शक्ति, Om Shanti=ओम शांति, Satyam=सत्यम, "
    "Sundaram=सुंदरम, Swati=स्वाति, Sadhana=साधना, Aradhana=आराधना, Bandhan=बंधन, Umang=उमंग, Utsah=उत्साह, "
    "Himmat=हिम्मत, Sahyog=सहयोग, Sahara=सहारा, Bachat=बचत, Vandana=वंदना, Jyoti=ज्योति, Deepak=दीपक, Chandni=चाँदनी, "
    "Suraj=सूरज, Rani Durgavati=रानी दुर्गावती, Rani Lakshmibai=रानी लक्ष्मीबाई, Savitri=सावित्री, Veerangana=वीरांगना"
)

GROUP_FORMS = _pairs(
    "Samuh=समूह, Mahila Samuh=महिला समूह, Swa Sahayata Samuh=स्व-सहायता समूह, "
    "Mahila Swa Sahayata Samuh=महिला स्व-सहायता समूह, Aajeevika Samuh=आजीविका समूह"
)
