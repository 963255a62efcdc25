"""The arrows between rooms, read from the imports. A wrong arrow fails."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("classifier", "experiments", "monitoring")
MAX_LINES = 400

# What each pure package may import beside the standard library.
PURE = {
    "classifier/engine": {
        "numpy",
        "onnxruntime",
        "rapidfuzz",
        "tokenizers",
        "safetensors",
        "classifier.engine",
        "classifier.exceptions",
        "classifier.progress",
    },
    "classifier/training": {
        "numpy",
        "scipy",
        "sklearn",
        "matplotlib",
        "classifier.engine",
        "classifier.training",
        "classifier.exceptions",
        "classifier.progress",
    },
    "classifier/export": {
        "numpy",
        "torch",
        "onnx",
        "google.protobuf",
        "onnxruntime",
        "safetensors",
        "sentence_transformers",
        "transformers",
        "huggingface_hub",
        "classifier.engine",
        "classifier.export",
        "classifier.training",
        "classifier.exceptions",
        "classifier.progress",
    },
    "classifier/merchant_data": {
        "iso18245",
        "classifier.engine.merchants",
        "classifier.merchant_data",
        "classifier.exceptions",
    },
    "experiments/stats": {"numpy", "scipy", "experiments.stats"},
    "monitoring/detectors": {"numpy", "scipy", "monitoring.detectors"},
}
# An app may import the apps below it.
BELOW = {
    "classifier": set(),
    "experiments": {"classifier"},
    "monitoring": {"classifier", "experiments"},
}
# Inside an app: a module of the first kind never imports one of the second.
FORBIDDEN_INSIDE = {
    "models": {"services", "views", "serializers", "admin", "tasks", "runtime"},
    "services": {"views", "serializers", "admin", "tasks", "urls"},
    "views": {"models", "admin", "tasks"},
    "serializers": {"views", "admin", "tasks"},
    "admin": {"views", "serializers", "tasks", "training", "export"},
    "tasks": {"models", "views", "serializers", "admin"},
    "runtime": {"services", "views", "serializers", "admin", "tasks"},
    "urls": {"models", "services", "serializers"},
}
# What a web process must not hold, and the modules that import it: those alone may, at import
# time, and nobody else may import them so.
WORKER_ONLY = (
    "classifier.export",
    "classifier.training",
    "classifier.management",
    "classifier.merchant_data",
    "classifier.services.labelled_files",
    "experiments.stats.analysis",
    "experiments.stats.hypothesis",
    "experiments.stats.quantile",
    "experiments.stats.self_test",
    "experiments.stats.srm",
    "experiments.stats.switchback",
    "experiments.services.analysis",
    "experiments.services.breaches",
    "experiments.services.guards",
    "experiments.services.measurements",
    "experiments.services.quantiles",
    "experiments.services.verdicts",
    "monitoring.detectors.clusters",
    "monitoring.detectors.drift",
    "monitoring.detectors.embeddings",
    "monitoring.services.drift_clusters",
    "monitoring.services.drift_figures",
    "monitoring.services.drift_measurement",
)
HEAVY = {
    "torch", "sentence_transformers", "onnx", "scipy", "sklearn", "transformers", "matplotlib",
    *WORKER_ONLY,
}  # fmt: skip


def production_files() -> list[Path]:
    folders = ("txcat", *APPS)
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def imports(path: Path, *, only_at_import_time: bool = False) -> Iterator[str]:
    """Dotted names of all that a module imports: `from a.b import c` gives a.b.c."""
    tree = ast.parse(path.read_text())
    nodes: list[ast.AST] = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        if not (only_at_import_time and _is_run_later(node)):
            nodes.extend(ast.iter_child_nodes(node))


def _is_run_later(node: ast.AST) -> bool:
    """Whether what is inside is not run when the module is imported: functions, types alone."""
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return is_function or (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room(path: Path) -> str:
    """The second part of a module's dotted name: classifier/services/x.py is of `services`."""
    return path.relative_to(ROOT).with_suffix("").parts[1]


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_imports_only_what_it_may(package: str) -> None:
    allowed = PURE[package]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(is_within(name, permitted) for permitted in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_apps_below_it(app: str) -> None:
    others = set(APPS) - {app} - BELOW[app]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in production_files()
        if path.relative_to(ROOT).parts[0] == app
        for name in imports(path)
        if name.split(".")[0] in others
    ]
    assert wrong == []


def test_nothing_imports_the_composition_root() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in production_files()
        if path.relative_to(ROOT).parts[0] != "txcat"
        for name in imports(path)
        if is_within(name, "txcat")
    ]
    assert wrong == []


def test_arrows_inside_an_app_point_down() -> None:
    wrong = []
    for path in production_files():
        app = path.relative_to(ROOT).parts[0]
        if app not in APPS:
            continue
        for name in imports(path):
            parts = name.split(".")
            inside = parts[0] == app and len(parts) > 1
            if inside and parts[1] in FORBIDDEN_INSIDE.get(room(path), set()):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_what_a_web_process_imports_at_start_is_light() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in production_files()
        if not any(is_within(dotted(path), package) for package in WORKER_ONLY)
        for name in imports(path, only_at_import_time=True)
        if any(is_within(name, heavy) for heavy in HEAVY)
    ]
    assert wrong == []


def test_no_module_is_longer_than_400_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in production_files()
        if (lines := len(path.read_text().splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_module_is_named_for_what_it_holds() -> None:
    nameless = {"utils.py", "helpers.py", "common.py", "misc.py"}
    wrong = [
        str(path.relative_to(ROOT))
        for path in production_files()
        if path.name in nameless or path.name.startswith("test")
    ]
    assert wrong == []


def test_every_exception_is_caught_at_a_threads_door_alone() -> None:
    """docs/decisions/0013-a-threads-door.md."""
    found = [
        str(path.relative_to(ROOT))
        for path in production_files()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node)
    ]
    assert found == ["classifier/watching.py"]


def _catches_everything(handler: ast.ExceptHandler) -> bool:
    kind = handler.type
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(
        each is None or (isinstance(each, ast.Name) and each.id in ("Exception", "BaseException"))
        for each in kinds
    )
