"""Words that say how money moved."""

import re
from typing import Final

from classifier.engine.descriptors.parts import Channel

# Of several channels in one line, the first in this order says most.
_PRECEDENCE: Final = (
    Channel.REVERSAL,
    Channel.REFUND,
    Channel.FEE,
    Channel.INTEREST,
    Channel.PAYROLL,
    Channel.ATM,
    Channel.CHECK,
    Channel.ZELLE,
    Channel.VENMO,
    Channel.CASH_APP,
    Channel.UPI,
    Channel.PIX,
    Channel.STANDING_ORDER,
    Channel.DIRECT_DEBIT,
    Channel.FASTER_PAYMENT,
    Channel.WIRE,
    Channel.CONTACTLESS,
    Channel.INTERAC,
    Channel.PREAUTHORIZATION,
    Channel.ONLINE,
    Channel.POINT_OF_SALE,
    Channel.DEPOSIT,
    Channel.ACH,
    Channel.SEPA,
    Channel.TRANSFER,
    Channel.CARD,
)
# Where money goes to or comes from a person or a bank: what is left is no shop in a city.
TRANSFERS: Final = frozenset(
    {
        Channel.ZELLE,
        Channel.VENMO,
        Channel.CASH_APP,
        Channel.UPI,
        Channel.PIX,
        Channel.STANDING_ORDER,
        Channel.FASTER_PAYMENT,
        Channel.WIRE,
        Channel.TRANSFER,
        Channel.PAYROLL,
    }
)
# Nobody is paid by name; a city may be all that is left.
NAMELESS: Final = frozenset({Channel.ATM, Channel.FEE, Channel.INTEREST, Channel.CHECK})

_TO: Final = r"(?: (?:to|from|for|an|von|naar|van|vers|de|in favour of))?"
_PHRASES: Final = (
    (
        Channel.FEE,
        r"(?:non-?sterling |foreign |international |intl |non-?network |out of network |atm |card"
        r" |purchase |account |acct |monthly |maintenance |service |overdraft |od |late "
        r"|annual |nsf"
        r" |wire |transfer |transaction |trans |exchange |currency |cash |withdrawal |advance |bank"
        r" |returned |item |payment |debit |unpaid |arranged |usage |visa |admin |honou?r |keeping"
        r" |conversion |dishonou?r |check |cheque |minimum |balance |paper |statement ){1,6}"
        r"(?:fees?|charges?)|bank charges?|service charges?|frais(?: bancaires| de tenue de compte"
        r"| carte)?|cotisation carte|kontof[üu]hrung(?:sentgelt|sgeb[üu]hr)?|entgeltabschluss"
        r"|rechnungsabschluss|kosten betaalpakket|gst on charges|sms charges?|amc charges?",
    ),
    (
        Channel.INTEREST,
        r"(?:gross |net |credit |debit |savings |arranged |overdraft |purchase "
        r"|cash advance )*interest"
        r" (?:paid|payment|charged?|earned|credit|debit|received|capitali[sz]ed)(?: on .{1,30})?"
        r"(?: to)?|(?:credit|debit|gross|overdraft|int\.?) interest|interest\Z|int\.?pd"
        r"|habenzinsen|sollzinsen"
        r"|zinsen|int[ée]r[êe]ts(?: d[ée]biteurs| cr[ée]diteurs)?|creditrente|debetrente",
    ),
    (
        Channel.REVERSAL,
        r"(?:reversal|rev|storno|chargeback|annulation|rejet)(?: of| de)?|r-transaktion",
    ),
    (
        Channel.REFUND,
        r"(?:card |purchase |merchandise |pos |visa |merchant )?(?:refund"
        r"|return)(?: purchase)?(?: from)?"
        r"|remboursement|gutschrift|erstattung|terugbetaling|avoir(?: carte)?|cashback",
    ),
    (
        Channel.PAYROLL,
        r"payroll|salary credit|salary|wages|lohn ?(?:/ ?|und )?gehalt|gehalt|lohn|salaire|salaris"
        r"|direct dep(?:osit)?(?: payroll)?",
    ),
    (
        Channel.DEPOSIT,
        r"(?:mobile |atm |cash |branch |counter |check |cheque |remote |direct )*(?:check |cash )?"
        r"deposit(?: at| from)?|einzahlung|versement|storting|bgc|bank giro credit|dep(?=\Z)",
    ),
    (
        Channel.ATM,
        r"(?:non-?[a-z]{2,6} |foreign |international |link |autobank |sbsa )?atm(?: cash)?"
        r"(?: withdraw(?:al)?| wdl| wd| w/d| debit)?|(?:autobank )?cash (?:withdrawal|wdl"
        r"|w/d)(?: at)?|cashpoint"
        r"|(?:link )?cash machine|nwd|atw|eaw|geldautomat|bargeldauszahlung"
        r"|(?:auszahlung )geldautomat"
        r"|geldautomaat|geldopname|gea|retrait(?: dab| gab| especes)?|abm withdrawal"
        r"|cash adv(?:ance)?",
    ),
    (
        Channel.CHECK,
        r"che(?:ck|que)s?(?: (?:paid|withdrawal|deposit|no\.?|nr\.?|number|card))?(?=(?: #?\d+)?\Z)"
        r"|ch[èe]que(?: n[°o]?\.?)?(?=(?: ?\d+)?\Z)|chq(?: paid)?(?=[ :-]|\Z)"
        r"|remise (?:de )?ch[èe]ques?",
    ),
    (Channel.ZELLE, rf"zelle(?: (?:payment|transfer|instant pmt|recurring payment))?{_TO}"),
    (Channel.VENMO, r"venmo(?: ?\*)?(?: ?(?:payment|cashout))?"),
    (Channel.CASH_APP, r"cash ?app(?: ?\*)?(?: cash out)?"),
    (Channel.UPI, r"upi(?: (?:payment|transfer|collect|credit))?(?: to| from)?"),
    (Channel.PIX, r"pix(?: (?:enviado|recebido|transf))?"),
    (
        Channel.INTERAC,
        r"(?:send |receive )?interac(?: e-?(?:transfer|trf|tfr))(?: (?:sent|received|autodeposit))?"
        rf"{_TO}|(?:send )?e-?(?:transfer|tfr|trf)(?: (?:sent|received))?{_TO}"
        rf"|virement interac(?: [aà])?{_TO}",
    ),
    (
        Channel.STANDING_ORDER,
        rf"standing order{_TO}|s/o|dauerauftrag|virement permanent{_TO}|periodieke overboeking"
        rf"|(?:stop order|scheduled payment){_TO}",
    ),
    (
        Channel.DIRECT_DEBIT,
        rf"(?:bacs )?direct debit(?: payment)?{_TO}|ddr?(?= [a-z])|d/d|debit order"
        rf"|(?:internal |magtape )debit order|magtape debit|(?:basis)?lastschrift|einzug"
        r"|pr[ée]l[èe]vement|prlv|automatische incasso|incasso|naedo|nach|ecs(?: dr)?|ach d(?= |-)"
        r"|emi|domiciliering",
    ),
    (
        Channel.FASTER_PAYMENT,
        rf"(?:bill payment via )?faster payments?(?: receipt| received| sent)?{_TO}|fp[io]"
        rf"|payshap(?: payment)?{_TO}|osko(?: payment| withdrawal| deposit)?{_TO}",
    ),
    (
        Channel.WIRE,
        rf"(?:domestic |international |intl |incoming |outgoing "
        rf"|fedwire )*wire(?: (?:transfer|trf|in"
        rf"|out|type:? ?\w+))?{_TO}|fedwire credit via|swift(?: transfer)?{_TO}"
        rf"|chaps(?: payment)?{_TO}|rtgs",
    ),
    (
        Channel.SEPA,
        rf"(?:sepa[- ])(?:[üu]berweisung|credit transfer|instant|overboeking"
        rf"|echtzeit[üu]berweisung)"
        rf"{_TO}|vir(?:ement)? sepa(?: re[cç]u| [ée]mis)?{_TO}|sepa",
    ),
    (Channel.ACH, r"ach(?: (?:credit|pmt|payment|transfer|deposit|cr))?|bacs(?: credit| payment)?"),
    (
        Channel.TRANSFER,
        rf"(?:online |internet |mobile |instant |real-?time |real time |external |internal "
        rf"|recurring |funds? |bank"
        rf" |account |acct |banking )*(?:transfer|trf|xfer|tfr|tfer)(?: (?:credit|debit|payment))?"
        rf"{_TO}|(?:internet|online|ib|ob|fnb ob|fnb app|app|ebank|digital|cell|cellphone) "
        rf"(?:pmt|payment|transfer|trf){_TO}"
        rf"|(?:euro-?)?[üu]berweisung(?:sgutschrift)?|echtzeit[üu]berweisung"
        rf"|overboeking{_TO}|vir(?:ement)?"
        rf"(?: inst(?:antan[ée])?| re[cç]u| [ée]mis| faveur tiers)?{_TO}|pay anyone{_TO}"
        r"|neft(?: cr| dr)?|imps|magtape credit|tikkie",
    ),
    (
        Channel.PREAUTHORIZATION,
        r"pre-?auth(?:ori[sz]ation)?(?: hold)?|auth(?:ori[sz]ation)? hold|pending",
    ),
    (
        Channel.CONTACTLESS,
        r"tap (?:and|&|n) (?:pay|go)|contactless",
    ),
    (
        Channel.ONLINE,
        r"(?:online|internet|web|ecom|e-?commerce) (?:purchase|payment|debit"
        r"|card purchase)(?: at| to)?"
        r"|web p(?:ay|mt|ymt)|pos ecom|ecom(?: pur(?:chase)?)?",
    ),
    (
        Channel.POINT_OF_SALE,
        r"pos|idp|point of sale|eftpos|bea(?:, betaalpas)?|pin(?= \d)|kassa|girocard|fpos",
    ),
    (
        Channel.CARD,
        r"(?:intl |international |foreign |visa |mastercard |maestro |debit |credit |dbt )*"
        r"(?:card )?(?:purchase|pur|pymt)(?: at| from)?|(?:visa|mastercard|maestro|debit card)"
        r"(?: (?:payment|purchase))?|card payment(?: to)?|cpm|kartenzahlung|kreditkarte"
        r"|paiement(?: par)?"
        r" carte(?! de cr)|achat(?: cb| carte)?|cb",
    ),
)
_FILLERS: Final = (
    r"(?:autopay |online |bill |mobile |e-)?(?:payment|pymt"
    r"|pmt)(?: received)?[ -]*(?:thank you|merci)"
    r"|bill pay(?:ment|mt)?(?: to)?|credit card (?:payment|pymt)(?: to)?"
    r"|paiement carte de cr[ée]dit|direct credit|bpay|online bill payment|payment (?:to"
    r"|from|received)|paid to"
    r"|sundry (?:debit|credit)|withdrawal(?: at)?|bea, (?:google pay|apple pay|betaalpas)"
)
_NAMES: Final = {f"c{index}": channel for index, (channel, _) in enumerate(_PHRASES)}
_GROUPS: Final = "|".join(f"(?P<c{index}>{phrase})" for index, (_, phrase) in enumerate(_PHRASES))

START: Final = re.compile(rf"\A(?:{_GROUPS}|{_FILLERS})(?=[ :*,/-]|\Z)[ :*,/-]*")
# Behind a name only what cannot be the name's own last word.
END: Final = re.compile(
    r"(?<=\S)[ :*,/-]+(?:(?P<payroll>payroll|salary|wages|dir(?:ect)? dep(?:osit)?|salaris|gehalt)"
    r"|(?P<refund>refund|gutschrift|remboursement|return)|(?P<reversal>reversal|storno|chargeback)"
    r"|(?P<direct_debit>direct debit|lastschrift|dd|ddr|incasso)"
    r"|(?P<standing_order>standing order|sto)"
    r"|(?P<faster_payment>fpi|fpo|faster payments?)|(?P<transfer>ib transfer|transfer|xfer"
    r"|tfr|overboeking)"
    r"|(?P<contactless>contactless|paywave|tap (?:&|n|and) (?:pay|go)|clp)"
    r"|(?P<online>online payment|online purchase|internet purchase|e-?com(?:merce)?|web pmts?)"
    r"|(?P<ach>ach(?: pmt| payment| credit| debit)?)|(?P<venmo>venmo cashout)"
    r"|(?P<deposit>(?<!safe )(?<!security )deposit)|(?P<atm>atm|geldautomat)|(?P<card>visa"
    r"|bcc|bdc|card purchase|debit card|girocard|kartenzahlung"
    r"|kreditkarte)|(?P<point_of_sale>pos|eftpos|eft pos)|(?P<check>cheque))\Z"
)
RECURRING: Final = re.compile(
    r"(?<!\S)(?:recurring(?: payment)?|subscription|subscr|auto-?pay(?:ment)?|auto pay|autopymt"
    r"|monthly sub|abonnement|abo|automatic payment|doorlopend|monatsabo)(?!\S)"
)


def start_channel(match: re.Match[str]) -> Channel | None:
    """Return what a match of START says, None if it is a bank's phrase only."""
    return _NAMES.get(match.lastgroup or "")


_WRAPPERS: Final = (
    (Channel.CONTACTLESS, re.compile(r"contactless|pay(?:wave|pass)|tap and pay")),
    (Channel.INTERAC, re.compile("interac")),
    (Channel.ACH, re.compile(r"\bach\b")),
    (
        Channel.DIRECT_DEBIT,
        re.compile(
            r"lastschrift|sepa direct|incasso|l[èe]vement|prlv|adeudo|addebito"
            r"|pre-?authori[sz]ed (?:debit|payment)"
        ),
    ),
    (
        Channel.POINT_OF_SALE,
        re.compile(
            r"\bpos\b|point of sale|f?pos\b|girocard|\bec[- ]|betaalautomaat|\bidp\b|\bpin pur"
        ),
    ),
    (Channel.ONLINE, re.compile("online")),
)


def wrapper_channel(wrapper: str) -> Channel:
    """Return what a wrapper of the strip rules says: a card payment if nothing else."""
    for channel, pattern in _WRAPPERS:
        if pattern.search(wrapper):
            return channel
    return Channel.CARD


def main_channel(channels: set[Channel]) -> Channel | None:
    """Return the channel that says most of what a line is, None of none."""
    return next((channel for channel in _PRECEDENCE if channel in channels), None)
