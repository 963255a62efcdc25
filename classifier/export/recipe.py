"""How a derived encoder was made."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifier.engine.kinds import Kind
from classifier.exceptions import EncoderError

RECIPE_FILE = "recipe.json"


@dataclass(frozen=True, slots=True)
class Recipe:
    """What was chosen for one encoder (`recipe.json`), most of it by measurement.

    `reference_digest` is that of the FP32 file. `fused` counts nodes by kind. `quantized` and
    `left_out` name the products with weights that run in INT8 and those that stay in FP32.
    `needs_vnni`: on a CPU without these instructions sums overflow, and what was measured does not
    hold. `smoothing` is the share of an activation's range that moved into the weights (0: none),
    `block_size` how many values share a range. `changed` is the share of decisions expected to
    differ from the reference, by `calibration_texts` texts, None where nothing but rounding
    does; `max_changed` is the bound that products were left out for.
    """

    kind: Kind
    reference_digest: str
    fused: tuple[tuple[str, int], ...]
    runtime_version: str
    per_channel: bool = False
    reduce_range: bool = False
    needs_vnni: bool = False
    block_size: int | None = None
    smoothing: float = 0.0
    quantized: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    calibration_texts: int = 0
    max_changed: float | None = None
    changed: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "fused": dict(self.fused)}

    def write(self, folder: Path) -> None:
        (folder / RECIPE_FILE).write_text(json.dumps(self.as_json(), indent=2) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Recipe":
        """Raises EncoderError where the folder's file is missing or is no recipe."""
        path = folder / RECIPE_FILE
        try:
            values = json.loads(path.read_text())
            return cls(
                **{
                    **values,
                    "kind": Kind(values["kind"]),
                    "fused": tuple(values["fused"].items()),
                    "quantized": tuple(values["quantized"]),
                    "left_out": tuple(values["left_out"]),
                }
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise EncoderError(f"{path} is not a recipe: {error}.") from error
