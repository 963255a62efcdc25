"""What is stripped from a descriptor, and what each stripped stretch is."""

import re
from typing import Final, NamedTuple

from classifier.engine.descriptors.parts import PartKind


class Rule(NamedTuple):
    kind: PartKind
    needs: str  # a part without which the pattern cannot match; "" asks for a digit
    pattern: re.Pattern[str]
    memo_only: bool = False


def _rule(kind: PartKind, needs: str, pattern: str, *, memo_only: bool = False) -> Rule:
    return Rule(kind, needs, re.compile(pattern), memo_only)


# What banks write before the merchant of a card payment or a direct debit. Words that say what the
# money is for are never in here (atm, cash, cheque, deposit, fee, interest, loan, payroll, refund,
# return, transfer), nor is a bare "direct debit" or "debit order": insurers and lenders collect so,
# and stripping that word alone cost their category 40 points. The first match wins, so a longer
# phrase stands before the phrase it begins with.
_WRAPPERS: Final = "|".join(
    (
        # English
        r"(?:pos|point of sale|dda|dbt|pin|signature|interac retail|retail|idp) pur(?:chase)?",
        r"(?:(?:contactless )?interac (?:retail )?purchase|achat interac)(?: -)?+"
        r"(?: \d{4}(?!\S))?+",
        r"contactless(?: purchase| payment)?",
        r"(?:pos|point of sale|dda) (?:debit|transaction)(?: visa| mc)?(?: dda)?|dbt crd",
        r"(?:recurring |visa |international )?(?:debit |credit )?card purchase(?: with pin)?",
        r"(?:debit |credit )?card (?:transaction|debit)|debit card payment|card payment to",
        r"(?:visa |mastercard )?ch(?:eck|k) ?ca?rd(?: purchase)?+(?: \d{4}(?!\S))?+",
        r"(?:visa|mastercard|maestro)(?: debit)? (?:retail )?purchase|(?:visa|mastercard) debit",
        r"(?:international )?(?:online )?purchase(?: authori[sz]ed)? (?:at|on(?= \d))",
        r"international (?:online )?purchase|debit purchase|fpos",
        r"eftpos(?: purchase| debit| payment)?|pay(?:wave|pass)(?: purchase)?",
        r"ach (?:debit|web|withdrawal|hold|pmt)|pre-?authori[sz]ed (?:debit|payment)",
        # German, Dutch, French, Spanish, Italian
        r"(?:sepa[- ])?(?:basis|folge|erst)?lastschrift(?:einzug)?|sepa direct debit|girocard",
        r"(?:ec[- ]|debit)?karten(?:zahlung|umsatz)|betaalautomaat|betaalpas",
        r"sepa incasso(?: algemeen doorlopend)?|pr(?:[ée]l[èe]vement|lv) sepa",
        r"(?:paiement|achat|facture) (?:par )?(?:carte|cb)|carte(?= \d\d/\d\d)",
        r"(?:compra|pago)(?: con)? tarj(?:eta|\.)?",
        r"adeudo sepa|pagamento (?:con )?(?:pos|carta)|addebito (?:sdd|diretto)",
    )
)

# Payment facilitators: what follows their "*" is the merchant. Absent on purpose: uber, lyft,
# airbnb, amazon, cash app, venmo and others whose own name is the better half of the line.
_PROCESSORS: Final = "|".join(
    (
        r"sq[cu]?|gosq\.com|tst|toast|clv|clover|spo|spoton|py|pp|paypal|sumup|smp|i?zettle_?",
        r"iz|sp|sqsp|spt|cko|stripe|adyen|worldpay|wpy|mollie|ccv|bck|nyx|nayax|ctlp|zlr|bls|lsp",
        r"klarna|clearpay|afterpay|zip|ezi|ezidebit|yoco|zapper\d?|ikh?|hpy|c|payfast|paystack",
        r"ls|crv|snapscan|razorpay|2co\.com|2checkout\.com|paddle(?:\.net)?|fs|fsprg|wl|in|act",
        r"ebanx|dlo?|mp|merpago|mercadopago|pag|pagseguro|lemsqzy|seamless|cke|dd|ic",
        # Google's own products keep its name: "play" or "one" alone would say nothing.
        r"google(?= ?\* ?+(?!google|play|store|one|ad|cloud|fi|pay|domain|service|workspace))",
    )
)

_MONTHS: Final = (
    r"(?:jan(?:uary|v)?|feb(?:ruary)?|f[ée]vr?|mar(?:ch|s)?|m[äa]rz|mrt|apr(?:il)?|avr(?:il)?|abr"
    r"|may|mai|mei|june?|juin|july?|juil|aug(?:ust)?|ao[uû]t|ago|sept?(?:ember)?|o[ck]t(?:ober)?"
    r"|nov(?:ember)?|de[cz](?:ember)?|d[ée]c|dic|ene)\.?"
)
# Day and month without a year need both zeros: "24/7", "7/11" and "9/11" are names.
_DATES: Final = (
    r"(?:(?:19|20)\d\d-[01]\d-[0-3]\d|[0-3]?\d[/.-][0-3]?\d[/.-](?:19|20)?\d\d"
    r"|(?:0[1-9]|1[0-2])/(?:[0-2]\d|3[01])|(?:[0-2]\d|3[01])(?:/(?:0[1-9]|1[0-2])"
    r"|\.(?:0[1-9]|1[0-2])\.?)|(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?[. -]{0,2}"
    rf"{_MONTHS}(?:,?[ -](?:19|20)\d\d|-?\d\d)?)"
)
_TIME: Final = r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?: ?[ap]m)?"
_CURRENCIES: Final = (
    r"(?:us dollars?|usd|eur(?:os?)?|gbp|cad|aud|nzd|chf|jpy|sek|nok|dkk|zar|sgd|hkd|mxn|inr|pln"
    r"|czk|thb|aed|brl|ils|cny)"
)
# Every repetition that can fail late is bounded, which keeps the time linear in the text.
_AMOUNT: Final = r"[$£€]?\d{1,9}(?:[.,]\d{2,3}){0,3}"
_DIGITS_3: Final = r"(?=(?:[a-z-]{0,12}\d){3})"  # a reference holds three digits or more

RULES: Final = (
    # Wrappers go first: what is then the first word is a name, also where it is a number.
    _rule(
        PartKind.CHANNEL,
        " ",
        rf"\A(?:{_WRAPPERS})[ :-]{{1,3}}(?!fees?\b|charges?\b|interest\b|de cr[ée]dit\b)(?=\S)",
    ),
    _rule(PartKind.FILLER, "authori", r"(?<!\S)authori[sz]ed (?=on \d)"),
    # Amounts only beside their currency, as a bare price can name a product; and before the dates,
    # which look alike.
    _rule(
        PartKind.AMOUNT,
        "",
        rf"(?<![^\s,])(?:{_CURRENCIES} ?{_AMOUNT}|{_AMOUNT} ?{_CURRENCIES})(?![^\s,])",
    ),
    _rule(
        PartKind.AMOUNT,
        "dollar",
        r"(?<!\S)\d{1,3}(?:,?\d{3}){0,2}\.\d\d [a-z]{2,10} dollars?(?!\S)",
    ),
    _rule(
        PartKind.EXCHANGE, "", r"(?<!\S)(?:rate:?|kurs:?|@) ?\d{1,4}[.,]\d{2,8}(?:/[a-z]{3})?(?!\S)"
    ),
    # Dates before prefixes: in "sq * 14 nov" no merchant follows the star.
    _rule(
        PartKind.DATE,
        "",
        rf"(?<!\S)(?:on |du |le |am |vom )?{_DATES}(?:[/ ]{_TIME})?(?: (?:bcc|bdc|clp)\b)?(?!\S)",
    ),
    _rule(PartKind.TIME, "", rf"(?<!\S)(?:at )?{_TIME}(?!\S)"),
    # "card 4432" before the mask alone; a gift card is a thing bought.
    _rule(
        PartKind.CARD,
        "card",
        r"(?<!\w)(?<!gift )card(?: (?:no|nr|number|ending(?: in)?))?\.?:? ?(?:#?[x*]{0,12}\d{4}\b"
        r"|(?<=no)(?!\S)|(?<=no\.)(?!\S))",
    ),
    _rule(PartKind.CARD, "", r"\b(?:carte|karte|cb|cd) ?[x*]?\d{4}(?!\S)", memo_only=True),
    # Masks, with or without the first six digits.
    _rule(
        PartKind.CARD,
        "",
        r"(?<![\w*])(?:\d{4,6})?(?:[x*#•]{2,16}|\.{3})[ -]?(?:[x*]{4}[ -]){0,3}\d{2,6}(?!\w)",
    ),
    _rule(PartKind.CARD, "xxxx", r"(?<!\S)x{4,16}(?!\S)"),
    _rule(PartKind.CHANNEL, "tap and pay", r"(?<= )tap and pay(?!\S)"),
    _rule(PartKind.CHANNEL, "kart", r"(?<= )(?:kartenzahlung|ec-karte)\Z"),
    _rule(PartKind.CHANNEL, "girocard", r"(?<= )girocard\Z"),
    _rule(
        PartKind.PROCESSOR,
        "*",
        rf"(?<!\S)(?:{_PROCESSORS}) ?\* ?(?=#?\d{{0,4}}(?:[/-]\d{{1,3}})?[ -]?[^\W\d_])",
    ),
    # The order id behind a merchant's star; two digits, so that "*4games" stays.
    _rule(
        PartKind.REFERENCE,
        "*",
        r"(?<=\w) ?\* ?(?![a-z]{4,12}\d+(?!\S))(?=(?:[a-z]{0,12}\d){2}|[a-z]{1,12}\d[a-z])"
        r"[a-z\d]{4,16}(?!\S)",
    ),
    # Labelled fields: ACH (NACHA), then SEPA and the MT940 tags that German banks print.
    _rule(PartKind.FILLER, "indn:", r"\bindn: ?[^:]{0,40}(?=(?<= )(?:co )?id:|\Z)"),
    _rule(
        PartKind.REFERENCE,
        "id",
        r"\b(?:(?:ppd|web|ccd|tel|ctx|orig|co|ind) )?id: ?\S+(?: (?:ppd|web|ccd|tel|ctx)\b)?",
    ),
    _rule(
        PartKind.FILLER,
        ":",
        r"\b(?:des|orig co name|co entry descr): ?|\bsec:(?:ppd|web|ccd|tel|ctx)\b",
    ),
    _rule(
        PartKind.REFERENCE,
        "",
        r"(?<!\S)(?:iban:? )?[a-z]{2}\d\d (?:[a-z]{4} )?\d{4} \d{4}(?: \d{1,4}){0,5}(?!\S)",
    ),
    _rule(PartKind.REFERENCE, "+", r"\b(?:eref|mref|kref|bref|cred|abwa|iban|bic)\+ ?\S+|\bsvwz\+"),
    _rule(
        PartKind.REFERENCE,
        "",
        r"\b(?:end-to-end-ref(?:erenz)?|mandats?-?(?:ref(?:erenz)?)?|kundenref(?:erenz)?|machtiging"
        r"|kenmerk|gl[äa]ubiger-id|rum|ics|iban|bic)[.: ]{1,3}(?=\S{0,34}\d)\S{4,36}(?!\S)",
    ),
    _rule(
        PartKind.REFERENCE,
        "",
        r"\b(?:ref(?:erence)?|auth(?:ori[sz]ation)?|trace|trans(?:action)?|txn|terminal|tid|rrn|arn"
        r"|stan|conf(?:irmation)?|invoice|inv|order|acct|account|a/c|pasvolgnr)"
        rf"(?: (?:id|no|nr|num|number|code))?[ .:#-]{{1,3}}{_DIGITS_3}[a-z\d-]{{3,36}}(?!\S)",
    ),
    _rule(PartKind.FILLER, "value date", r"(?<!\S)value date:?(?!\S)"),
    # "(card 4432)", "(eff 03/14)" and what a removed number leaves of the like.
    _rule(PartKind.FILLER, "(", r"\( ?(?:(?:card|eff(?:ec|ective)?)[ \d/.-]{0,12})?\)"),
    # Phones may be glued to the state that follows; "1-800-flowers" has no number to match.
    _rule(
        PartKind.PHONE,
        "",
        r"(?<!\w)(?:\+?1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}(?!\d)|(?<!\w)\d{3}-\d{7}(?!\d)"
        r"|(?<!\w)0\d{2,4} \d{3,4} \d{3,4}(?!\w)|(?<!\w)1[38]00 \d{3} \d{3}(?!\w)"
        r"|\+\d{2}[ -]?\d[\d -]{6,14}\d(?!\w)",
    ),
    # Store numbers. The word "store" stays: "dollar store 0118" is not a dollar.
    _rule(PartKind.STORE_NUMBER, "#", r"(?<=\S) ?# ?[a-z]?\d{1,12}(?:-\d{1,4})?(?!\w)"),
    _rule(PartKind.STORE_NUMBER, "store", r"(?<=\bstore )\d{2,8}(?!\S)"),
    _rule(PartKind.STORE_NUMBER, "-", r"(?<= )[a-z]-\d{4,5}(?!\S)"),
    _rule(PartKind.STORE_NUMBER, "0", r"(?<=[a-z]{4})0\d{3,20}(?!\S)|(?<= )0\d{3,5}(?!\S)"),
    # Bare numbers and ids. Seven digits are no name anywhere; four may be a year in one.
    _rule(PartKind.REFERENCE, "", r"(?<!\S)\d{7,64}(?!\S)"),
    _rule(
        PartKind.STORE_NUMBER,
        "",
        r"(?<= )(?:[a-z]?\d{5,6}|(?!1[789]|20)\d{4})(?!\S)",
        memo_only=True,
    ),
    _rule(
        PartKind.REFERENCE,
        "",
        r"(?<= )(?![a-z]{4,30}\d{1,30}(?!\S))(?=(?:[a-z-]{0,12}\d){4})[a-z\d-]{7,36}(?!\S)",
        memo_only=True,
    ),
)
