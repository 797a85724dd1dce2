"""Logs are read on where they stopped, with the quirks of the trainers that wrote them; what cannot be read is counted and named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.runs.logs import Log, opened, wandb_words

IJEPA = "epoch,itr,loss,mask-A,mask-B,time (ms)\n"
VJEPA = "epoch,itr,loss,loss-jepa,reg-loss,enc-grad-norm,pred-grad-norm,gpu-time(ms),wall-time(ms)\n"
VJEPA2 = "epoch,itr,loss,iter-time(ms),gpu-time(ms),dataload-time(ms)\n"


def log(path: Path, text: str) -> Log:
    path.write_text(text, encoding="utf-8")
    found = opened(path)
    assert found is not None
    found.refresh()
    return found


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (IJEPA, "{e},{i},0.50000,80.00000,44.00000,120\n"),
        (VJEPA, "{e},{i},0.5,0.5,0.0,1.2,0.3,120.0,130\n"),
        (VJEPA2, "{e},{i},0.5,120.0,110.0,10.0\n"),
    ],
)
def test_the_csv_of_each_trainer_counts_epochs_and_iterations_together(tmp_path: Path, header: str, row: str) -> None:
    found = log(tmp_path / "jepa_r0.csv", header + "".join(row.format(e=e, i=i) for e in (1, 2, 3) for i in range(4)))
    assert found.table.steps.tolist() == list(range(12))
    assert found.table.terms[0] == "loss"
    assert found.table.terms[1] == header.split(",")[3].strip()
    assert not {"epoch", "itr"} & set(found.table.terms)
    assert found.notes == ()


def test_only_what_is_new_is_read_and_half_a_line_waits(tmp_path: Path) -> None:
    found = log(tmp_path / "log_r0.csv", IJEPA + "1,0,0.9,80,44,5\n1,1,0.8")
    assert found.table.curve("loss").values.tolist() == [0.9]
    with found.path.open("a", encoding="utf-8") as file:
        file.write("5,80,44,5\n1,2,0.7,80,44,5\n")
    assert found.refresh() == 2
    assert found.table.curve("loss").values.tolist() == [0.9, 0.85, 0.7]
    assert found.refresh() == 0


def test_a_resumed_run_writes_its_header_again_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    rows = "".join(f"{e},{i},{e + i / 10},80,44,5\n" for e in (1, 2) for i in range(3))
    found = log(tmp_path / "r0.csv", IJEPA + rows + "3,0,0.1" + IJEPA + "2,0,9.0,80,44,5\n2,1,9.1,80,44,5\n2,2,9.2,80,44,5\n3,0,9.3,80,44,5\n")
    curve = found.table.curve("loss")
    assert curve.steps.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert curve.values.tolist() == [1, 1.1, 1.2, 9.0, 9.1, 9.2, 9.3]
    assert found.table.resumed == (3,)
    assert curve.minimum == (0, 1)
    assert any(n.startswith("header again: 1") for n in found.notes)
    assert "half lines: 1, first 3,0,0.1" in found.notes


def test_nan_is_kept_as_what_was_logged(tmp_path: Path) -> None:
    found = log(tmp_path / "metrics.csv", "step,loss\n0,1.0\n1,0.5\n2,nan\n3,inf\n")
    curve = found.table.curve("loss")
    assert curve.minimum == (1, 0.5)
    assert curve.first_bad == 2
    assert len(curve.values) == 4
    assert log(tmp_path / "all.csv", "step,loss\n0,nan\n").table.curve("loss").minimum is None


def test_lightning_leaves_cells_empty_and_writes_anew_when_a_column_comes(tmp_path: Path) -> None:
    found = log(tmp_path / "metrics.csv", "epoch,step,train_loss\n0,9,1.5\n0,19,1.2\n")
    found.path.write_text("epoch,step,train_loss,val_loss\n0,9,1.5,\n0,19,1.2,\n0,19,,1.4\n1,29,1.0,\n", encoding="utf-8")
    found.refresh()
    assert found.table.curve("train_loss").steps.tolist() == [9, 19, 29]
    assert found.table.curve("val_loss").values.tolist() == [1.4]
    assert "written anew: 1" in found.notes


def test_a_header_with_other_columns_goes_on_with_them(tmp_path: Path) -> None:
    found = log(tmp_path / "a.csv", "step,loss\n0,1.0\nstep,loss,lr\n1,0.9,0.1\n")
    assert found.table.curve("loss").values.tolist() == [1.0, 0.9]
    assert found.table.curve("lr").steps.tolist() == [1]


def test_other_separators_texts_and_quotes(tmp_path: Path) -> None:
    found = log(tmp_path / "a.csv", "step;phase;loss\r\n0;train;1.5\r\n1;train;1.25\r\n")
    assert found.table.names == ("step", "loss")
    exported = log(tmp_path / "wandb.csv", '"Step","run - loss","run - loss__MIN"\n"0","0.5","0.5"\n"10","0.25","0.25"\n')
    assert exported.table.curve("run - loss").steps.tolist() == [0, 10]


def test_rows_that_are_none_are_counted_and_the_rest_is_read(tmp_path: Path) -> None:
    found = log(tmp_path / "a.csv", "step,loss\n0,1\n1,2,3\nx,y\n\n2,0.5\n")
    assert found.table.curve("loss").values.tolist() == [1, 0.5]
    assert any("another number of fields: 1, first 1,2,3" in n for n in found.notes)
    assert any("rows without a number: 1" in n for n in found.notes)
    assert log(tmp_path / "none.csv", "").table.rows == 0
    assert log(tmp_path / "bare.csv", "0,1.5\n1,1.25\n").table.curve("column 1").values.tolist() == [1.5, 1.25]


def test_columns_and_lines_are_bounded(tmp_path: Path) -> None:
    wide = log(tmp_path / "wide.csv", ",".join(f"c{k}" for k in range(600)) + "\n" + ",".join(["1"] * 600) + "\n")
    assert len(wide.table.names) == 512
    assert any(n.startswith("columns beyond 512") for n in wide.notes)
    path = tmp_path / "long.jsonl"
    path.write_bytes(b'{"step": 0, "loss": 1}\n' + b"x" * (9 << 20) + b'\n{"step": 1, "loss": 2}\n')
    long = opened(path)
    assert long is not None
    long.refresh()
    assert long.table.curve("loss").values.tolist() == [1, 2]
    assert any(n.startswith("lines of more than 1 MB") for n in long.notes)


def test_json_lines_become_columns(tmp_path: Path) -> None:
    rows = [{"step": 0, "loss": {"jepa": 0.5, "reg": 0.1}, "name": "x"}, {"step": 1, "loss": {"jepa": float("nan")}}, {"step": 2, "lr": "0.1"}]
    found = log(tmp_path / "log.jsonl", "\n".join(json.dumps(r) for r in rows) + '\n{"step": 3, "loss"')
    assert found.table.rows == 3
    assert found.table.curve("loss.jepa").first_bad == 1
    assert found.table.curve("lr").steps.tolist() == [2]
    found.path.write_text(found.path.read_text() + ': 1}\nno json\n[1]\n{"a":' * 3 + "\n", encoding="utf-8")
    found.refresh()
    assert any("no JSON" in n for n in found.notes)


def test_a_log_that_is_deleted_keeps_what_was_read(tmp_path: Path) -> None:
    found = log(tmp_path / "a.csv", "step,loss\n0,1\n")
    found.path.unlink()
    assert found.refresh() == 0
    assert found.gone
    assert found.table.rows == 1


def test_event_files_are_read_on_and_half_a_record_waits(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(tmp_path))

    def put(step: int, **values: float) -> None:
        for tag, value in values.items():
            writer.add_event(Event(step=step, summary=Summary(value=[Summary.Value(tag=tag, simple_value=value)])))
        writer.flush()

    put(0, loss=1.0, std=0.5)
    put(10, loss=float("nan"))
    path = next(tmp_path.glob("*.tfevents.*"))
    found = opened(path)
    assert found is not None
    found.refresh()
    assert found.table.curve("loss").steps.tolist() == [0, 10]
    assert found.table.curve("std").values.tolist() == [0.5]
    put(20, loss=0.25)
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    assert found.refresh() == 0
    path.write_bytes(whole + b"\xff" * 12)
    assert found.refresh() == 1
    assert found.table.curve("loss").values[-1] == 0.25
    assert any("damaged" in n for n in found.notes)


def test_a_file_of_weights_and_biases_says_how_it_is_exported() -> None:
    assert "wandb sync" in wandb_words(Path("run-abc.wandb"))
    assert wandb_words(Path("a.csv")) == ""


def test_many_rows_are_read_at_once_and_read_on_from_there(tmp_path: Path) -> None:
    step = np.arange(100_000)
    path = tmp_path / "log_r0.csv"
    np.savetxt(path, np.column_stack([step // 1000 + 1, step % 1000, 1 / (step + 1)]), "%d,%d,%.5f", header="epoch,itr,loss", comments="")
    found = opened(path)
    assert found is not None
    found.refresh()
    assert len(found.table.curve("loss").steps) == 100_000
    with path.open("a", encoding="utf-8") as file:
        file.write("101,0,0.5\n")
    assert found.refresh() == 1


def test_logs_need_no_torch() -> None:
    code = "import sys, workbench.runs.logs, workbench.runs.run; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
