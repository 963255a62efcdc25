"""The Dockerfile and .dockerignore, read as far as this project's own go."""

import json
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FROM = re.compile(r"FROM (?P<base>\S+) AS (?P<name>\S+)")


@dataclass
class Stage:
    name: str
    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def values(self, keyword: str) -> list[str]:
        return [value for word, value in self.instructions if word == keyword]


@dataclass(frozen=True)
class Copy:
    """COPY of `sources` to `target`; from the stage `origin`, or from the repository if None."""

    sources: tuple[str, ...]
    target: str
    origin: str | None


def read_stages() -> dict[str, Stage]:
    """Stages by name, in order; continued lines joined, comments left out."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    stages: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        keyword, _, value = line.strip().partition(" ")
        if match := FROM.fullmatch(line.strip()):
            stages[match["name"]] = Stage(match["name"], match["base"])
        elif keyword and stages:
            list(stages.values())[-1].instructions.append((keyword, value.strip()))
    return stages


def lineage(stages: dict[str, Stage], name: str) -> list[Stage]:
    """A stage and those it is built on, the first one first."""
    chain: list[Stage] = []
    while name in stages:
        chain.insert(0, stages[name])
        name = stages[name].base
    return chain


def copies(stage: Stage) -> list[Copy]:
    found = []
    for value in stage.values("COPY"):
        words = shlex.split(value)
        origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        found.append(Copy(tuple(words[:-1]), words[-1], origin))
    return found


def environment(stages: dict[str, Stage], name: str) -> dict[str, str]:
    """What ENV sets in a stage and in those below it."""
    variables: dict[str, str] = {}
    for stage in lineage(stages, name):
        for value in stage.values("ENV"):
            for word in shlex.split(value):
                key, _, variable = word.partition("=")
                variables[key] = variable
    return variables


def exec_form(value: str) -> list[str]:
    """The words of a CMD in exec form. Raises ValueError where it is in shell form."""
    words: list[str] = json.loads(value)
    return words


def is_ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the build; the last pattern that fits decides."""
    candidates = [path, *map(str, Path(path).parents)][:-1]
    ignored = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        regex = re.compile(
            re.escape(pattern.removeprefix("!"))
            .replace(r"\*\*/", "(?:.*/)?")
            .replace(r"\*", "[^/]*")
        )
        if any(regex.fullmatch(candidate) for candidate in candidates):
            ignored = not pattern.startswith("!")
    return ignored


def lay_out(stage: Stage, target: Path) -> None:
    """Put what a stage copies from the repository where it would stand, under `target`."""
    for copy in copies(stage):
        if copy.origin is not None:
            continue
        for source in copy.sources:
            files = [ROOT / source] if (ROOT / source).is_file() else (ROOT / source).rglob("*")
            for file in files:
                name = str(file.relative_to(ROOT))
                if file.is_file() and not is_ignored(name):
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(file, target / name)
