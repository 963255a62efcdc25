"""Small packages of the shape of name-suggestion-index."""

import json
import tarfile
from pathlib import Path
from typing import Any

from classifier.engine.merchants.types import Merchant
from classifier.merchant_data.brands import merchants_of
from classifier.merchant_data.source import read_name_suggestions

SUPERMARKET = "brands/shop/supermarket"
FUEL = "brands/amenity/fuel"


def item(name: str, include: list[Any] | None = None, **parts: Any) -> dict[str, Any]:
    """An entry; its id is made of all that it says. `tags` are added to name and brand."""
    tags = {"name": name, "brand": name, **parts.pop("tags", {})}
    key = "-".join([name.lower(), *sorted(map(str, tags.values())), *map(str, include or [])])
    return {
        "displayName": name,
        "id": key,
        "locationSet": {"include": include or ["001"]},
        "tags": tags,
        **parts,
    }


def package(folder: Path, kinds: dict[str, list[dict[str, Any]]]) -> Path:
    document = {
        "_meta": {"version": "1.2.3"},
        "nsi": {
            path: {
                "properties": {"path": path, "exclude": {"generic": [f"^{path.split('/')[-1]}$"]}},
                "items": items,
            }
            for path, items in kinds.items()
        },
    }
    (folder / "dist/json").mkdir(parents=True)
    (folder / "dist/json/nsi.json").write_text(json.dumps(document))
    (folder / "dist/json/genericWords.json").write_text(json.dumps({"genericWords": ["^shops?$"]}))
    return folder


def archive(folder: Path) -> Path:
    path = folder.with_suffix(".tgz")
    with tarfile.open(path, "w:gz") as file:
        file.add(folder, "package")
    return path


def found(folder: Path, kinds: dict[str, list[dict[str, Any]]]) -> list[Merchant]:
    """The merchants of a package with these kinds."""
    return merchants_of(read_name_suggestions(package(folder, kinds)))
