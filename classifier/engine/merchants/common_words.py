"""Words that name no merchant by themselves: what banks print, and kinds of shop."""

from classifier.engine.merchants.words import words

_ARTICLES = """
a an and at by das de del der des die du el et for from het i il in la las le les lo los my
of on or our st the to und van von with y your
"""
_BANKING = """
abbuchung account ach achat adjustment amount annual app atm authorisation authorization
auto automatic balance banco bank banka bankcard banking bankkarte banque bargeld
basislastschrift beneficiary betaling bill billing bills booking buchung cancellation card
carte cash cashback cashpoint charge charges check checkcard checking cheque chip clearing
commission compra contactless correction cr credit creditor current customer date
dauerauftrag dd debit debitcard debito deposit deposits direct dividend domestic donation dr
dues electronic entgelt entry epayment eur euro exchange express fast faster fee fees final
finance foreign free funds fx gebuehr gebuhr gehalt geldautomat giro gutschrift hold id
ideal immediate inc income incoming installment instalment instant insurance interest
internal international internet intl invoice item kaart karte kartenzahlung lastschrift
limited line loan local lohn ltd maestro mandate mastercard member membership memo merchant
miete misc miscellaneous mobile money monthly mortgage name net network no notice null
number nummer online onlineshop order other outgoing overdraft overschrijving pago paid
paiement pay payment payments paypoint payroll pending pension person personal phone pin
point pos post posting preauthorization prelevement premium prepaid prlv processing purchase
purchases recurring ref reference refund regular rent rente reversal sale sales savings sepa
service services settlement shopping sofort standing statement subscription sum surcharge
tax taxes term terminal text tip top topup transaction transactions transfer transferencia
transfers trf type uberweisung ueberweisung unknown usd utilities utility value vat virement
visa wage wages web website weekly wire withdrawal www xfer zahlung zinsen
"""
_SHOPS = """
airport apotheek apotheke arcade atelier autohaus backerei baeckerei baker bakery bakkerij
bar barber bazaar beauty beer best bike bikes bistro blumen boeken books bookshop bookstore
boucherie boulangerie boutique brasserie brauhaus brewery brewing buchhandlung buffet burger
burgers bus butcher buy cab cabs cafe cafetaria cafeteria camping canteen cantine car
carniceria carwash casa casino center central centre centro chemist chicken church cinema
city classic clinic clinica clothes clothing club coffee college comedor company computer
convenience corner cosmetics council country court cuisine daily deli dental dentist
department designs diner dining discount doctor dollar donuts drive drogerie drogist drug
drugs drugstore eis eiscafe electric electronics energy estanco estate farm farmacia fashion
fastfood ferreteria festival fish fitness fleischer fleischerei flower flowers food foods
fries friseur fruit fruiteria fuel furniture galerie gallery games garage garden gardens gas
gasolinera gasthaus gasthof gateway general gift gifts global gold golden grand green grill
grocer groceries grocery group gym hair haircut hairdresser halal hall hardware haus health
heladeria home hospital hostel hotel hotels house huis imbiss inn institute italian jewelers
jewellers jewelry kaffee kebab kino kiosk kiosko kitchen klinik konditorei laboratory lager
laundromat laundry liquor liquors lodge lounge lunch magasin main mall marche market markets
markt massage meat med medical mega menswear mercado metro metzgerei mini modas mode motel
motor motors mueble muebles museum music nail nails national natural new news newsagent
nursery office oil optician optik optique outlet panaderia pantry papeleria papeterie
paradise park parkhaus parking parts party pasteleria pastry patisserie peluqueria
perfumeria pescaderia pet petrol pets pharmacie pharmacy photo pizza pizzas pizzeria place
plaza plumbing poissonnerie pool post praxis pressing pub public quick radio railway red
restaurant restaurante restaurants ristorante royal salon saloon sandwich sauna school
schule shoe shoes shop shopping shops slager slagerij snack snackbar snacks spa sport sports
square stadium star state station steakhouse stop store stores street studio sun super
superette supermarche supermarket supermarkets supermarkt supermercado supplies supply sushi
swimming tabac tabak taberna takeaway tankstelle taqueria tattoo tavern taverna taxi taxis
tea technology telecom theater theatre tickets tienda tire tires tobacco tools toys trade
trading train tram transit transport trattoria travel travels tyres university vape vapes
vending verduleria vet veterinary video village vino warehouse wash water wein west
wholesale wine wines winkel women world zoo
"""

ARTICLES = frozenset(_ARTICLES.split())
BANKING = frozenset(_BANKING.split())
SHOPS = frozenset(_SHOPS.split())


def is_common(name: str) -> bool:
    """Whether a name says nothing of who was paid: a kind of shop alone ("The Store"), or
    nothing but a bank's own wording ("CARD PAYMENT")."""
    telling = [word.text for word in words(name) if word.text not in ARTICLES]
    if len(telling) > 1:
        return all(word in BANKING for word in telling)
    return all(word in BANKING or word in SHOPS for word in telling)
