"""What people buy most where one brand is several things."""

# Main tags, from what makes a brand's name to what it does beside. A brand takes the first that it
# has. Tags that are not here stand at "*": they hardly ever meet.
_RANKS = """
shop=supermarket shop=department_store shop=wholesale
amenity=pharmacy
amenity=fast_food amenity=restaurant amenity=pub amenity=cafe amenity=bar amenity=ice_cream
shop=doityourself shop=furniture shop=electronics shop=clothes shop=shoes shop=sports shop=toys
shop=books shop=chemist shop=cosmetics shop=pet shop=variety_store shop=optician shop=jewelry
shop=mobile_phone shop=telecommunication office=telecommunication
amenity=bank
office=insurance
leisure=fitness_centre
tourism=hotel tourism=motel
amenity=cinema
amenity=car_rental
amenity=hospital amenity=clinic amenity=doctors
*
route=subway route=tram route=train route=bus route=ferry
office=utility office=government
amenity=fuel
shop=convenience shop=kiosk
shop=bakery shop=pastry shop=confectionery shop=butcher shop=deli shop=alcohol
shop=florist shop=photo shop=garden_centre shop=travel_agency shop=outpost shop=mall
shop=household_linen shop=houseware shop=gift shop=bag shop=fashion_accessories shop=baby_goods
shop=hearing_aids shop=appliance shop=computer shop=gas shop=second_hand
shop=car_repair shop=tyres shop=car_parts shop=car shop=motorcycle shop=truck
amenity=car_wash
amenity=charging_station
amenity=car_sharing amenity=bicycle_rental
amenity=post_office amenity=money_transfer amenity=bureau_de_change amenity=payment_centre
office=financial_advisor office=company office=logistics
amenity=parking amenity=vehicle_inspection highway=services
shop=lottery shop=bookmaker shop=storage_rental
amenity=photo_booth amenity=internet_cafe
amenity=vending_machine
""".split()
_PLACE = {tag: place for place, tag in enumerate(_RANKS)}

# Names of these cover whatever else has the same name in the same country: a supermarket's fuel.
HOSTS = frozenset(
    {"shop=supermarket", "shop=department_store", "shop=wholesale", "shop=convenience"}
)
GUESTS = frozenset(
    {
        "amenity=bank",
        "amenity=bureau_de_change",
        "amenity=cafe",
        "amenity=car_wash",
        "amenity=charging_station",
        "amenity=clinic",
        "amenity=fast_food",
        "amenity=fuel",
        "amenity=pharmacy",
        "amenity=restaurant",
        "amenity=vending_machine",
        "office=insurance",
        "shop=alcohol",
        "shop=bakery",
        "shop=car_parts",
        "shop=car_repair",
        "shop=chemist",
        "shop=clothes",
        "shop=convenience",
        "shop=florist",
        "shop=garden_centre",
        "shop=mobile_phone",
        "shop=optician",
        "shop=photo",
        "shop=travel_agency",
        "shop=tyres",
    }
)


def main_tag(tag: str) -> str:
    """A tag without its detail: amenity=fast_food of amenity=fast_food;cuisine=pizza."""
    return tag.partition(";")[0]


def rank(tag: str) -> tuple[int, str]:
    """Where a tag stands; the lower goes before."""
    return (_PLACE.get(main_tag(tag), _PLACE["*"]), tag)
