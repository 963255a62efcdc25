"""The engine runs where neither Django nor torch is installed."""

import subprocess
import sys
from pathlib import Path

from classifier.engine.engine import Engine

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "django", "torch", "sentence_transformers", "transformers", "onnx", "scipy"
        }:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Blocked())

from classifier.engine.engine import Engine
from classifier.engine.types import Transaction

decision = Engine.load(sys.argv[1]).classify([Transaction("SQ *BLUE BOTTLE 0423 OAKLAND CA")])[0]
print(decision.category.slug, decision.confidence.hex())
"""


def test_a_bundle_answers_in_an_interpreter_without_django_and_torch(engine: Engine) -> None:
    from classifier.engine.types import Transaction

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(engine.bundle.folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    expected = engine.classify([Transaction("SQ *BLUE BOTTLE 0423 OAKLAND CA")])[0]
    assert expected.category is not None
    assert expected.confidence is not None
    assert done.stdout.split() == [expected.category.slug, expected.confidence.hex()]
