"""Hostile and broken files, generated: each is made in a folder of its own, and the words that its refusal must contain stand beside it."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.families.official import GOLDEN

Make = Callable[[Path], Path]
GOOD = {"encoder": {"norm.weight": torch.arange(4.0)}, "epoch": 3}
PATCH = "module.patch_embed.proj.weight"
LEGACY_HEAD = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}(X\x10\x00\x00\x00protocol_versionM\xe9\x03u."
HARM = "touched"  # no file of this name may ever appear


@dataclass(frozen=True)
class Case:
    """One file: how to make it in a folder, and the words (a pattern) that its refusal must contain."""

    make: Make
    words: str


def written(name: str, content: bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def archive(pkl: bytes, storages: dict[str, bytes] | None = None, *, packed: bool = False, more: dict[str, bytes] | None = None) -> Make:
    """As torch.save writes it, with this pickle."""

    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "model.pt", "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as out:
            for name, content in {"data.pkl": pkl, "byteorder": b"little", "version": b"3\n", **(more or {})}.items():
                out.writestr(f"model/{name}", content)
            for key, content in (storages or {}).items():
                out.writestr(f"model/data/{key}", content)
        return folder / "model.pt"

    return make


def saved(content: Any, *, legacy: bool = False) -> Make:
    def make(folder: Path) -> Path:
        torch.save(content, folder / "model.pt", _use_new_zipfile_serialization=not legacy)
        return folder / "model.pt"

    return make


def calling(path: str, *arguments: object) -> bytes:
    """A pickle that calls a function by name and puts the answer beside a tensor's name."""
    module, _, name = path.rpartition(".")
    args = b"".join(pickle.dumps(a, 2)[2:-1] for a in arguments)
    return b"\x80\x02}X\x01\x00\x00\x00w" + f"c{module}\n{name}\n".encode() + b"(" + args + b"tRs."


def safetensors(header: object, values: bytes = bytes(16), *, length: int | None = None, raw: bytes | None = None) -> Make:
    text = json.dumps(header).encode() if raw is None else raw
    return written("model.safetensors", struct.pack("<Q", len(text) if length is None else length) + text + values)


def one(**changes: object) -> dict[str, Any]:
    return {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changes}}


def cut(share: float, make: Make) -> Make:
    def cutting(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return cutting


def patched(make: Make, change: Callable[[bytearray], None]) -> Make:
    def patching(folder: Path) -> Path:
        path = make(folder)
        content = bytearray(path.read_bytes())
        change(content)
        path.write_bytes(content)
        return path

    return patching


def beside(name: str, content: str | bytes) -> Make:
    """A good checkpoint with these settings beside it."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        shutil.copy(GOLDEN / "vjepa2_nonsquare" / "latest.pt", folder / "latest.pt")
        return folder / "latest.pt"

    return make


def ijepa(change: Callable[[dict[str, Any]], None], **settings: object) -> Make:
    """The golden I-JEPA, changed."""

    def make(folder: Path) -> Path:
        content = torch.load(GOLDEN / "ijepa" / "jepa-latest.pth.tar", weights_only=True)
        change(content)
        torch.save(content, folder / "jepa-latest.pth.tar")
        return folder / "jepa-latest.pth.tar"

    return make


def every(part: str, how: Callable[[Tensor], Any]) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        content[part] = {name: how(t) for name, t in content[part].items()}

    return change


def replaced(part: str, name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content[part].update({name: value})


def nest(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value, value]
    return value


def loop() -> dict[str, Any]:
    value: dict[str, Any] = {"w": torch.zeros(1)}
    value["again"] = value
    return value


def tensor(key: str, count: int, shape: bytes = b"K\x04\x85", stride: bytes = b"K\x01\x85", offset: bytes = b"K\x00") -> bytes:
    """The opcodes of one tensor over a storage of `count` floats."""
    storage = b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX" + struct.pack("<I", len(key)) + key.encode()
    storage += b"X\x03\x00\x00\x00cpuJ" + struct.pack("<i", count) + b"tQ"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + shape + stride + b"\x89NtR"


def named(**tensors: bytes) -> bytes:
    inner = b"".join(b"X" + struct.pack("<I", len(n)) + n.encode() + t for n, t in tensors.items())
    return b"\x80\x02}(" + inner + b"u."


def many_names(folder: Path) -> Path:
    """Twenty thousand tensors of four megabytes each, all of them the same four megabytes."""
    first = tensor("0", 1 << 20, b"J\x00\x00\x10\x00\x85")
    inner = b"X\x01\x00\x00\x00w" + first + b"q\x01" + b"".join(b"X\x06\x00\x00\x00%06dh\x01" % i for i in range(20_000))
    return archive(b"\x80\x02}(" + inner + b"u.", {"0": bytes(4 << 20)})(folder)


def lying_index(places: dict[str, str]) -> Make:
    def make(folder: Path) -> Path:
        save_file({"w": torch.zeros(2)}, folder / "model-00001-of-00001.safetensors")
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
        return folder

    return make


def two_models(folder: Path) -> Path:
    for name in ("a", "b"):
        shutil.copy(saved(GOOD)(folder), folder / f"{name}.pt")
    (folder / "model.pt").unlink()
    return folder


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "model.pt")
    return folder / "model.pt"


def twice(folder: Path) -> Path:
    path = saved(GOOD)(folder)
    with zipfile.ZipFile(path, "a") as out:
        out.writestr("again/data.pkl", b"\x80\x02}.")
    return path


def first_size(content: bytearray) -> None:
    """The first entry of the list of contents claims a terabyte less one byte, in both sizes."""
    start = content.index(b"PK\x01\x02")
    content[start + 20 : start + 28] = b"\xff\xff\xff\x7f" * 2


def contents_length(content: bytearray) -> None:
    start = content.rindex(b"PK\x05\x06")
    content[start + 12 : start + 16] = struct.pack("<I", 1 << 30)


def npz() -> bytes:
    out = io.BytesIO()
    import numpy as np

    np.savez(out, w=np.zeros(3))
    return out.getvalue()


class Writes:
    """Would write a file when unpickled."""

    def __reduce__(self) -> tuple:
        return (Path.write_text, (Path(HARM), "harm"))


BOMB = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 8)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
MERGES = "a: &a {k: 1}\n" + "".join(f"{b}: &{b} {{<<: [{', '.join([f'*{a}'] * 9)}], {b}: 1}}\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))

CALLS = {
    "calls os.system": Case(archive(calling("os.system", f"touch {HARM}")), r"os\.system; no checkpoint needs that"),
    "calls posix.system, in the older stream": Case(saved({"w": torch.zeros(1), "x": Writes()}, legacy=True), r"write_text|pathlib"),
    "writes a file": Case(saved({"w": torch.zeros(1), "x": Writes()}), r"write_text|pathlib"),
    "opens a file": Case(archive(calling("builtins.open", HARM, "w")), r"builtins\.open"),
    "opens a socket": Case(archive(calling("socket.create_connection", ("127.0.0.1", 9))), r"socket\.create_connection"),
    "imports a module": Case(archive(calling("importlib.import_module", "antigravity")), r"importlib\.import_module"),
    "evaluates text": Case(archive(calling("__builtin__.eval", f"open('{HARM}', 'w')")), r"__builtin__\.eval"),
    "starts a program": Case(archive(calling("subprocess.Popen", ["touch", HARM])), r"subprocess\.Popen"),
    "loads another pickle within": Case(archive(calling("torch.storage._load_from_bytes", b"\x80\x02.")), r"_load_from_bytes"),
    "a bare pickle of protocol 0": Case(written("model.pt", f"cos\nsystem\n(S'touch {HARM}'\ntR.".encode()), r"os\.system"),
    "a bare pickle of protocol 2": Case(written("model.pt", calling("os.system", f"touch {HARM}")), r"os\.system"),
    "a name put together on the stack": Case(archive(b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x8c\x04true\x85R."), r"os\.system"),
    "a registered extension": Case(archive(b"\x80\x02\x82\x01)R."), r"extension 1"),
    "an old class": Case(archive(b"(S'x'\nios\nsystem\n."), r"os\.system"),
    "a class that is nowhere": Case(archive(calling("models.vit.ViTPredictor")), r"models\.vit\.ViTPredictor"),
    "changes a function of torch": Case(archive(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x01\x00\x00\x00aK\x01sb."), r"is given a state"),
    "a program": Case(archive(named(), more={"constants.pkl": b"\x80\x02).", "code/x.py": b"import os"}), "TorchScript"),
}
PICKLES = {
    "a tensor of nothing": Case(archive(b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\nK\x05\x85Rs."), "makes no sense"),
    "a list within itself": Case(saved({"w": [loop()]}), "contains itself"),
    "a dict within itself": Case(saved(loop()), "contains itself"),
    "a hundred thousand lists within each other": Case(archive(b"\x80\x02}X\x01\x00\x00\x00w" + b"]" * 100_000 + b"a" * 99_999 + b"s."), "nested"),
    "lists that unfold to half a million": Case(saved({"wide": nest(20)}), "more than 250000 entries"),
    "lists that unfold beyond counting": Case(saved({"bomb": nest(60)}), "nested more than"),
    "tensors within tensors": Case(
        archive(b"\x80\x02}X\x01\x00\x00\x00w" + b"ctorch._utils\n_rebuild_parameter\n(" * 999 + tensor("0", 4) + b"\x88NtR" * 999 + b"s."),
        "inside of",
    ),
    "millions of operations": Case(archive(b"\x80\x02" + b"N0" * 600_000 + b"}."), "operations"),
    "a number of a million digits": Case(archive(b"\x80\x02\x8b" + struct.pack("<i", 1 << 20) + b"\x7f" * (1 << 20) + b"."), "bits"),
    "a text longer than the file": Case(archive(b"\x80\x04\x8d" + struct.pack("<Q", 1 << 60) + b"x."), "damaged"),
    "a memo that was never filled": Case(archive(b"\x80\x02j\xff\xff\xff\x7f."), "damaged"),
    "no end": Case(archive(b"\x80\x02}"), "damaged"),
    "nothing on the stack": Case(archive(b"\x80\x02."), "damaged"),
    "not a pickle at all": Case(archive(b"import os"), "damaged"),
    "a list, not names": Case(saved([torch.zeros(1)]), "one list, not named tensors"),
    "one tensor": Case(saved(torch.zeros(1)), "not named tensors"),
    "one number": Case(saved(7), "one int, not named tensors"),
    "a name that moves the cursor": Case(saved({"w\x1b[2J": torch.zeros(1)}), "cannot be shown"),
    "a shape of a million sides": Case(archive(named(w=tensor("0", 4, b"(" + b"K\x01" * 99 + b"t"))), "impossible shape"),
    "a negative shape": Case(archive(named(w=tensor("0", 4, b"J\xff\xff\xff\xff\x85"))), "impossible shape"),
    "a shape beyond all numbers": Case(archive(named(w=tensor("0", 4, b"\x8a\x08" + b"\xff" * 7 + b"\x7f\x85"))), "impossible shape"),
}
ARCHIVES = {
    "a packed bomb": Case(archive(bytes(256 << 20), packed=True), "another program"),
    "packed storages": Case(archive(named(w=tensor("0", 4)), {"0": bytes(1 << 20)}, packed=True), "another program"),
    "the same numbers under twenty thousand names": Case(many_names, "would need"),
    "two lists of names": Case(twice, "not of torch.save"),
    "no list of names": Case(lambda folder: archive(b"")(folder).rename(folder / "x.pt") and written("model.pt", npz())(folder), "not of torch.save"),
    "an entry of two gigabytes in a small file": Case(patched(saved(GOOD), first_size), "damaged|another program"),
    "a list of contents of a gigabyte": Case(patched(saved(GOOD), contents_length), "list of contents"),
    "largest byte first": Case(archive(named(w=tensor("0", 4)), {"0": bytes(16)}, more={"byteorder": b"big"}), "largest byte first"),
    "an empty archive": Case(written("model.pt", b"PK\x05\x06" + bytes(18)), "empty zip archive"),
}
HEADERS = {
    "a header longer than the file": Case(safetensors(one(), length=1 << 60), "header of"),
    "a header that is larger than any": Case(safetensors(one(), bytes(9 << 20), length=9 << 20), "header of"),
    "past the end": Case(safetensors(one(shape=[8], data_offsets=[0, 32])), "there are 16"),
    "over each other": Case(safetensors({**one(), "v": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}), "was expected"),
    "a gap": Case(safetensors({"w": {"dtype": "F32", "shape": [2], "data_offsets": [8, 16]}}), "was expected"),
    "values left over": Case(safetensors(one(), bytes(64)), "there are 64"),
    "a huge shape": Case(safetensors(one(shape=[2**40, 2**40])), "has 16 bytes"),
    "a shape beyond all numbers": Case(safetensors(one(shape=[2**80])), "impossible shape"),
    "a negative shape": Case(safetensors(one(shape=[-4])), "no dtype, shape"),
    "a shape of fractions": Case(safetensors(one(shape=[4.0])), "no dtype, shape"),
    "a shape of truths": Case(safetensors(one(shape=[True])), "no dtype, shape"),
    "backwards": Case(safetensors(one(data_offsets=[16, 0])), "was expected"),
    "a kind of number that does not exist": Case(safetensors(one(dtype="F7")), "stored as 'F7'"),
    "a name twice": Case(safetensors({}, raw=b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"w":{}}'), "listed twice"),
    "half a letter as a name": Case(
        safetensors({}, bytes(0), raw=b'{"\\ud800":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), "cannot be shown"
    ),
    "not in letters": Case(safetensors({}, raw=b'{"\xff\xfe": 1}'), "damaged safetensors"),
    "deeper than can be read": Case(safetensors({}, raw=b'{"a":' + b"[" * 100_000), "damaged safetensors"),
    "metadata that are no words": Case(safetensors({"__metadata__": {"a": 1}, **one()}), "not words"),
    "entries that are no entries": Case(safetensors({"w": 7}), "no dtype, shape"),
}
OTHERS = {
    "empty": Case(written("model.pt", b""), "not a checkpoint but empty"),
    "a text": Case(written("model.pt", b"these are not weights, but a note\n"), "text: 'these are not weights"),
    "a web page": Case(written("model.safetensors", b"<!DOCTYPE html><html>404</html>"), "web page"),
    "a pointer of Git LFS": Case(written("model.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"), "git lfs pull"),
    "a gzip archive": Case(written("model.pt", b"\x1f\x8b\x08\x00" + bytes(60)), "gzip"),
    "a pipe that never ends": Case(pipe, "neither a file nor a folder"),
    "half an archive": Case(cut(0.5, saved(GOOD)), "copy or download it again"),
    "an archive without its last bytes": Case(cut(0.995, saved(GOOD)), "copy or download it again"),
    "half a stream": Case(cut(0.5, saved(GOOD, legacy=True)), "copy or download it again"),
    "a stream without its last bytes": Case(cut(0.99, saved(GOOD, legacy=True)), "the file ends after"),
    "half a header": Case(cut(0.3, safetensors(one())), "copy or download it again"),
    "half the values": Case(cut(0.95, safetensors(one())), "copy or download it again"),
    "a folder of two models": Case(two_models, "2 checkpoints lie in this folder: a.pt, b.pt"),
    "an empty folder": Case(lambda folder: folder, "it is empty"),
    "an index of what is not there": Case(
        lying_index({"w": "model-00001-of-00001.safetensors", "v": "elsewhere.safetensors"}), "no checkpoint of this"
    ),
    "an index that leaves the folder": Case(lying_index({"w": "../../../etc/passwd"}), "no checkpoint of this folder"),
    "an index of other tensors": Case(lying_index({"v": "model-00001-of-00001.safetensors"}), "places 'v'"),
}
SETTINGS = {
    "a yaml that unfolds to millions": Case(beside("config.yaml", BOMB), "unfolds to more than"),
    "a yaml that merges into millions": Case(beside("config.yaml", MERGES), "unfolds to more than"),
    "a yaml within itself": Case(beside("config.yaml", "a: &a [*a]"), "contains itself"),
    "a yaml that would call": Case(beside("config.yaml", f"a: !!python/object/apply:os.system ['touch {HARM}']"), "cannot be read"),
    "a yaml of another alphabet": Case(beside("config.yaml", b"\xff\xfe\x00a"), "cannot be read"),
    "a chain of aliases": Case(
        beside("config.yaml", "x0: &x0 [1]\n" + "".join(f"x{i + 1}: &x{i + 1} [*x{i}]\n" for i in range(2000))), "levels deep"
    ),
    "a json deeper than can be read": Case(beside("config.json", "[" * 100_000), "cannot be read"),
    "a json deeper than can be shown": Case(beside("config.json", '{"a":' * 200 + "1" + "}" * 200), "levels deep"),
    "a json of a megabyte": Case(beside("config.json", '{"a": "' + "x" * (1 << 20) + '"}'), "at most"),
    "a json that is a list": Case(beside("config.json", "[1]"), "not named settings"),
    "a json with a number of a million digits": Case(beside("config.json", '{"a": ' + "9" * 100_000 + "}"), "cannot be read"),
    "a size that fills the memory": Case(beside("params-pretrain.yaml", "data: {crop_size: 8000000}"), "does not fit"),
    "a size of words": Case(beside("params-pretrain.yaml", "data: {crop_size: [many, few]}"), "does not fit"),
    "heads that are lists": Case(beside("params-pretrain.yaml", "model: {pred_num_heads: [1, {}]}"), "does not fit"),
}
LAYOUTS = {
    "weights of whole numbers": Case(ijepa(every("encoder", lambda t: (t * 100).to(torch.int8))), "quantised"),
    "weights of complex numbers": Case(ijepa(every("encoder", lambda t: t.to(torch.complex64))), "quantised|complex"),
    "words instead of weights": Case(
        ijepa(lambda c: [c.pop(p) for p in ("predictor", "target_encoder")] and every("encoder", str)(c)), "no family fits"
    ),
    "values that are not in the file": Case(ijepa(every("encoder", lambda t: t.to("meta"))), "not a plain array"),
    "values that are fewer than the shape": Case(ijepa(every("encoder", lambda t: torch.zeros(1).expand(t.shape))), "not a plain array"),
    "the same name twice": Case(ijepa(replaced("encoder", "norm.weight", torch.zeros(32))), "the same tensor"),
}
# These load, and say what is wrong: part -> how the report tells it.
PARTIAL: dict[str, tuple[Make, str, str]] = {
    "NaN in a weight": (ijepa(every("predictor", lambda t: t.clone().fill_(torch.nan))), "masked", "with NaN or infinity"),
    "infinity in a weight": (ijepa(every("encoder", lambda t: t.clone().fill_(torch.inf))), "encoder_context", "with NaN or infinity"),
    "no numbers at all": (ijepa(every("encoder", lambda t: torch.empty(0))), "encoder_context", "of another shape"),
    "a patch of no pixels": (ijepa(replaced("encoder", PATCH, torch.empty(0, 3, 0, 0))), "encoder_context", "1 of another shape"),
    "blocks without end": (ijepa(replaced("encoder", f"module.blocks.{10**9}.mlp.fc1.weight", torch.zeros(1, 1))), "encoder_context", "1 unexpected"),
    "a tensor is lost": (ijepa(lambda c: c["predictor"].pop("module.mask_token")), "masked", "1 missing: mask_token"),
}
CORPUS: dict[str, Case] = {
    f"{group}: {name}": case
    for group, cases in {
        **{"calls": CALLS, "pickles": PICKLES, "archives": ARCHIVES, "headers": HEADERS},
        **{"others": OTHERS, "settings": SETTINGS, "layouts": LAYOUTS},
    }.items()
    for name, case in cases.items()
}
