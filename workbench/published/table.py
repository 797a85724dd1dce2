"""The published checkpoints as data.

Sizes: `measured` ones are of the file as published; the others are estimated from the parameters that a file of this kind
holds, four bytes each: encoder and target, predictor, and for training checkpoints two moments of what was trained (an estimate
that meets the sizes known to within a few per cent).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

_META = "https://dl.fbaipublicfiles.com"
NOT_STATED = "not stated"
_NC = "CC BY-NC 4.0"


@dataclass(frozen=True)
class Published:
    """One published checkpoint.

    Args:
        name: unique; a Hugging Face repository keeps its own. family: registry name of what opens it. title: for the reader.
        url: of one file, "" where there is none. repo: on Hugging Face, "" where there is none; files: of it that a model needs.
        resolution: pixels a side; frames: a clip had in training, 1 for images. parameters: of everything that loads, in millions.
        bytes: of the download; measured: as published, not estimated. licence: of the weights where that is said, else of their repository.
        paper: arXiv id. role: "model", or "encoder" or "decoder" for files that a model is given beside its own. needs: such files, by their names here where they have one.
        note: what else one must know.
    """

    name: str
    family: str
    title: str
    url: str = ""
    repo: str = ""
    files: tuple[str, ...] = ()
    resolution: int = 224
    frames: int = 1
    parameters: float = 0.0
    bytes: int = 0
    measured: bool = False
    licence: str = NOT_STATED
    paper: str = ""
    role: str = "model"
    needs: tuple[str, ...] = ()
    note: str = ""

    @property
    def file(self) -> str:
        """The file name that the url leaves in a cache."""
        return self.url.rpartition("/")[2]

    @property
    def where(self) -> str:
        """Where it is published."""
        return self.url or f"https://huggingface.co/{self.repo}"

    @property
    def words(self) -> str:
        """Everything that a search looks at, in lower case."""
        said = (self.name, self.family, self.title, self.where, self.repo, self.licence, self.paper, self.role, self.note, f"{self.resolution}px")
        return " ".join(said).lower()


def _training(encoder: float, predictor: float) -> int:
    """Bytes of a training checkpoint: encoder, target, predictor, and two moments of what is trained."""
    return round(4e6 * (2 * encoder + predictor + 2 * (encoder + predictor)))


def _ijepa(name: str, title: str, file: str, encoder: float, predictor: float, resolution: int) -> Published:
    return Published(
        name,
        "ijepa",
        title,
        f"{_META}/ijepa/{file}",
        resolution=resolution,
        parameters=2 * encoder + predictor,
        bytes=_training(encoder, predictor),
        licence=f"{_NC} (repository)",
        paper="2301.08243",
        note="training checkpoint: encoder, target encoder, predictor, optimizer",
    )


def _vjepa(name: str, title: str, file: str, encoder: float, predictor: float, resolution: int) -> Published:
    return Published(
        name,
        "vjepa",
        title,
        f"{_META}/jepa/{file}",
        resolution=resolution,
        frames=16,
        parameters=2 * encoder + predictor,
        bytes=_training(encoder, predictor),
        licence=f"{_NC} (repository)",
        paper="2404.08471",
        note="training checkpoint: encoder, target encoder, predictor, optimizer",
    )


def _vjepa2(name: str, family: str, title: str, file: str, parameters: float, size: int, resolution: int, note: str) -> Published:
    paper = "2603.14482" if family == "vjepa2_1" else "2506.09985"
    return Published(
        name,
        family,
        title,
        f"{_META}/vjepa2/{file}",
        resolution=resolution,
        frames=64,
        parameters=parameters,
        bytes=size,
        licence="MIT (repository)",
        paper=paper,
        note=note,
    )


def _face(repo: str, title: str, parameters: float, licence: str, resolution: int, frames: int = 1, note: str = "") -> Published:
    """A folder of Hugging Face Transformers."""
    return Published(
        repo,
        "huggingface",
        title,
        repo=repo,
        files=("config.json", "model.safetensors"),
        resolution=resolution,
        frames=frames,
        parameters=parameters,
        bytes=round(4e6 * parameters),
        licence=licence,
        paper="2301.08243" if frames == 1 else "2506.09985",
        note=note,
    )


def _lewm(env: str, title: str) -> Published:
    repo = f"quentinll/lewm-{env}"
    note = "actions are in units of the training data, whose mean and deviation are not in the file: give action_mean= and action_std="
    more = {"repo": repo, "files": ("config.json", "weights.pt"), "parameters": 18.0, "bytes": 72_000_000, "paper": "2603.19312", "note": note}
    return Published(repo, "lewm", f"LeWorldModel, {title}", frames=4, **more)


def _world(name: str, title: str, file: str, size: int, needs: tuple[str, ...], *, measured: bool = False, resolution: int = 224) -> Published:
    """A predictor of jepa-wms; its image encoder is a file of its own."""
    return Published(
        name,
        "jepa_wms",
        title,
        f"{_META}/jepa-wms/{file}",
        repo="facebook/jepa-wms",
        files=(f"{name}.pth.tar",),
        resolution=resolution,
        frames=4,
        parameters=round(size / 12e6, 1),
        bytes=size,
        measured=measured,
        licence=_NC,
        paper="2512.24497",
        needs=needs,
        note="predictor and action encoder; give the image encoder as encoder=, a decoder as decoder=",
    )


def _again(name: str, title: str, file: str, *, measured: bool = False) -> Published:
    """A predictor of V-JEPA 2-AC in the layout of jepa-wms."""
    own = _world(name, title, file, 3_662_844_455, ("vjepa2_vit_giant",), measured=measured, resolution=256)
    return replace(own, family="vjepa2_ac", frames=8, note="a predictor without its encoder, which cannot be opened here")


def _decoder(name: str, title: str, file: str, resolution: int) -> Published:
    more = {"resolution": resolution, "licence": f"{_NC} (repository)", "paper": "2512.24497", "role": "decoder"}
    note = "give it as decoder= beside a model of jepa-wms; its size is not known here"
    return Published(name, "jepa_wms", title, f"{_META}/jepa-wms/{file}", note=note, **more)


_PRE = "ImageNet-1K, 300 epochs"
_ALL = "training checkpoint: encoder, target encoder, predictor, optimizer"
_DINO = ("dinov2_vits14",)

PUBLISHED: tuple[Published, ...] = (
    _ijepa("ijepa_vith14_in1k", f"I-JEPA ViT-H/14, {_PRE}", "IN1K-vit.h.14-300e.pth.tar", 630.8, 22.4, 224),
    _ijepa("ijepa_vith16_448_in1k", f"I-JEPA ViT-H/16, {_PRE}", "IN1K-vit.h.16-448px-300e.pth.tar", 631.7, 22.6, 448),
    _ijepa("ijepa_vith14_in22k", "I-JEPA ViT-H/14, ImageNet-22K", "IN22K-vit.h.14-900e.pth.tar", 630.8, 22.4, 224),
    _ijepa("ijepa_vitg16_in22k", "I-JEPA ViT-g/16, ImageNet-22K", "IN22K-vit.g.16-600e.pth.tar", 1011.4, 29.6, 224),
    _face("facebook/ijepa_vith14_1k", f"I-JEPA ViT-H/14, {_PRE}", 630.8, _NC, 224, note="context encoder alone"),
    _face("facebook/ijepa_vith16_1k", f"I-JEPA ViT-H/16, {_PRE}", 631.7, _NC, 448, note="context encoder alone"),
    _face("facebook/ijepa_vith14_22k", "I-JEPA ViT-H/14, ImageNet-22K", 630.8, NOT_STATED, 224, note="context encoder alone"),
    _face("facebook/ijepa_vitg16_22k", "I-JEPA ViT-g/16, ImageNet-22K", 1011.4, NOT_STATED, 224, note="context encoder alone"),
    _vjepa("vjepa_vitl16", "V-JEPA ViT-L/16", "vitl16/vitl16.pth.tar", 304.0, 22.0, 224),
    _vjepa("vjepa_vith16", "V-JEPA ViT-H/16", "vith16/vith16.pth.tar", 632.0, 22.0, 224),
    _vjepa("vjepa_vith16_384", "V-JEPA ViT-H/16", "vith16-384/vith16-384.pth.tar", 632.0, 22.0, 384),
    _vjepa2("vjepa2_vit_large", "vjepa2", "V-JEPA 2 ViT-L/16", "vitl.pt", 630.0, _training(304, 22), 256, _ALL),
    _vjepa2("vjepa2_vit_huge", "vjepa2", "V-JEPA 2 ViT-H/16", "vith.pt", 1286.0, _training(632, 22), 256, _ALL),
    _vjepa2("vjepa2_vit_giant", "vjepa2", "V-JEPA 2 ViT-g/16", "vitg.pt", 2046.0, _training(1012, 22), 256, _ALL),
    _vjepa2("vjepa2_vit_giant_384", "vjepa2", "V-JEPA 2 ViT-g/16", "vitg-384.pt", 2046.0, _training(1012, 22), 384, _ALL),
    _face("facebook/vjepa2-vitl-fpc64-256", "V-JEPA 2 ViT-L/16", 326.0, "MIT", 256, 64, "encoder and predictor"),
    _face("facebook/vjepa2-vith-fpc64-256", "V-JEPA 2 ViT-H/16", 653.9, "Apache 2.0", 256, 64, "encoder and predictor"),
    _face("facebook/vjepa2-vitg-fpc64-256", "V-JEPA 2 ViT-g/16", 1034.0, NOT_STATED, 256, 64, "encoder and predictor"),
    _face("facebook/vjepa2-vitg-fpc64-384", "V-JEPA 2 ViT-g/16", 1034.0, "Apache 2.0", 384, 64, "encoder and predictor"),
    _face("facebook/vjepa2-vitl-fpc16-256-ssv2", "V-JEPA 2 ViT-L/16, Something-Something v2", 375.0, NOT_STATED, 256, 16, "with a probe for actions"),
    _face(
        "facebook/vjepa2-vitg-fpc64-384-ssv2", "V-JEPA 2 ViT-g/16, Something-Something v2", 1127.0, NOT_STATED, 384, 64, "with a probe for actions"
    ),
    _face("facebook/vjepa2-vitl-fpc32-256-diving48", "V-JEPA 2 ViT-L/16, Diving48", 375.0, NOT_STATED, 256, 32, "with a probe for dives"),
    _face("facebook/vjepa2-vitg-fpc32-384-diving48", "V-JEPA 2 ViT-g/16, Diving48", 1127.0, NOT_STATED, 384, 32, "with a probe for dives"),
    _vjepa2("vjepa2_1_vit_base_384", "vjepa2_1", "V-JEPA 2.1 ViT-B/16", "vjepa2_1_vitb_dist_vitG_384.pt", 109.8, 439_000_000, 384, "distilled"),
    _vjepa2("vjepa2_1_vit_large_384", "vjepa2_1", "V-JEPA 2.1 ViT-L/16", "vjepa2_1_vitl_dist_vitG_384.pt", 327.7, 1_311_000_000, 384, "distilled"),
    _vjepa2("vjepa2_1_vit_giant_384", "vjepa2_1", "V-JEPA 2.1 ViT-g/16", "vjepa2_1_vitg_384.pt", 1068.0, 4_272_000_000, 384, ""),
    _vjepa2("vjepa2_1_vit_gigantic_384", "vjepa2_1", "V-JEPA 2.1 ViT-G/16", "vjepa2_1_vitG_384.pt", 1904.0, 7_616_000_000, 384, ""),
    _vjepa2("vjepa2_ac_vit_giant", "vjepa2_ac", "V-JEPA 2-AC ViT-g/16, DROID", "vjepa2-ac-vitg.pt", 1317.0, 5_268_000_000, 256, "robot actions"),
    _lewm("pusht", "Push-T"),
    _lewm("cube", "Cube"),
    _lewm("tworooms", "two rooms"),
    _lewm("reacher", "Reacher"),
    _world(
        "jepa_wm_droid",
        "JEPA-WM, DROID and RoboCasa",
        "droid_jepa-wm_noprop.pth.tar",
        2_750_000_000,
        ("DINOv3 ViT-L/16, on request from its own page",),
        resolution=256,
    ),
    _world("jepa_wm_metaworld", "JEPA-WM, Metaworld", "mw_jepa-wm.pth.tar", 211_687_551, _DINO, measured=True),
    _world("jepa_wm_pusht", "JEPA-WM, Push-T", "pt_jepa-wm.pth.tar", 212_000_000, _DINO),
    _world("jepa_wm_pointmaze", "JEPA-WM, PointMaze", "mz_jepa-wm.pth.tar", 212_000_000, _DINO),
    _world("jepa_wm_wall", "JEPA-WM, Wall", "wall_jepa-wm.pth.tar", 212_000_000, _DINO),
    _world("dino_wm_droid", "DINO-WM of jepa-wms, DROID", "droid_dino-wm_noprop.pth.tar", 269_000_000, _DINO),
    _world("dino_wm_metaworld", "DINO-WM of jepa-wms, Metaworld", "mw_dino-wm.pth.tar", 269_000_000, _DINO),
    _world("dino_wm_pusht", "DINO-WM of jepa-wms, Push-T", "pt_dino-wm.pth.tar", 269_000_000, _DINO),
    _world("dino_wm_pointmaze", "DINO-WM of jepa-wms, PointMaze", "mz_dino-wm.pth.tar", 269_000_000, _DINO),
    _world("dino_wm_wall", "DINO-WM of jepa-wms, Wall", "wall_dino-wm.pth.tar", 268_848_363, _DINO, measured=True),
    _again("vjepa2_ac_droid", "V-JEPA 2-AC, trained again, DROID", "droid_vj2ac_noprop.pth.tar", measured=True),
    _again("vjepa2_ac_oss", "V-JEPA 2-AC, as first published, DROID", "droid_vj2ac_oss-prop.pth.tar"),
    _decoder("decoder_dinov2_vits_224", "ViT decoder for DINOv2 ViT-S/14, mean 0.5", "vm2m_lpips_dv2vits_vitldec_224_05norm.pth.tar", 224),
    _decoder("decoder_dinov2_vits_224_inet", "ViT decoder for DINOv2 ViT-S/14", "vm2m_lpips_dv2vits_vitldec_224_INet.pth.tar", 224),
    _decoder("decoder_dinov3_vitl_256", "ViT decoder for DINOv3 ViT-L/16", "vm2m_lpips_dv3vitl_256_INet.pth.tar", 256),
    _decoder("decoder_vjepa2_vitg_256", "ViT decoder for V-JEPA 2 ViT-g/16", "vm2m_lpips_vj2vitgnorm_vitldec_dup_256_INet.pth.tar", 256),
    Published(
        "dinov2_vits14",
        "jepa_wms",
        "DINOv2 ViT-S/14, for world models",
        f"{_META}/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
        resolution=518,
        parameters=22.1,
        bytes=88_000_000,
        licence="Apache 2.0 (repository)",
        paper="2304.07193",
        role="encoder",
        note="give it as encoder= beside a predictor of jepa-wms or DINO-WM",
    ),
)
