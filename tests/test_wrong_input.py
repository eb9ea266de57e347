"""Wrong input is answered by one line, before any work."""

import re
import shlex
from pathlib import Path

import pytest

from fade.cli.main import run

WRONG = [  # overrides, what the line names, what it advises
    ("traner=joint", "traner is no key", "did you mean trainer?"),
    ("trainer.epoch=3", "trainer.epoch is no key", "did you mean trainer.epochs?"),
    ("dataset.rot=x", "dataset.rot", "did you mean dataset.root?"),
    ("seeds.serch=1", "seeds.serch", "did you mean seeds.search?"),
    ("+foo=1", "foo is no key", "--cfg job"),
    ("+trainer.foo=1", "trainer.foo is no key", "did you mean"),
    ("trainer=synthetic trainer.epochs=3", "trainer.epochs", "choose another trainer"),
    ("search=fixed search.regions=3", "search.regions", "choose another search"),
    ("trainer=jont", "trainer=jont", "choose from consensus, fair, first_order, independent_paths, joint"),
    ("experiment=nope", "experiment=nope", "choose from cost_scaling, demo"),
    ("hydra/launcher=nope", "hydra/launcher=nope", "choose from basic"),
    ("dataset=[mnist1d,b]", "dataset=b", "choose from"),
    ("trainer=null", "GROUP=OPTION", "trainer=joint"),
    ("~dataset", "dataset must be chosen", "give dataset=…"),
    ("~trainer trainer.epochs=1", "trainer.epochs", "give trainer=…"),
    ("~trainer.lr", "trainer.lr cannot be removed", "give it a value"),
    ("trainer.epochs=three", "trainer.epochs=three", "whole number"),
    ("trainer.lr=fast", "trainer.lr=fast", "number"),
    ("dataset.download=perhaps", "dataset.download=perhaps", "true"),
    ("seed=null", "seed=null", "give a value"),
    ("search.match=edges", "search.match", "write search.match=[…]"),
    ("seeds=3", "seeds", "seeds.search"),
    ("'trainer.epochs=[1'", "trainer.epochs=[1", "KEY=VALUE"),
    ("search", "search cannot be read", "KEY=VALUE"),
    ("--nope", "--nope", "fade --help"),
    ("--cfg all_of_it", "all_of_it", "'job'"),
    ("dataset.alpha_fraction=1.5", "dataset.alpha_fraction", "more than 0 and less than 1"),
    ("dataset.augment=flip", "dataset.augment", "shift"),
    ("dataset=npz", "dataset.root", "give the path"),
    ("dataset=image_folder dataset.root=/no/where", "dataset.root=/no/where", "train/<class>"),
    ("space.depth=0", "space.depth=0", "1 or more"),
    ("space.vertices=[5,3]", "space.vertices=[5, 3]", "low <= high"),
    ("space.ops=[conv9]", "conv9", "choose from"),
    ("trainer=synthetic space.depth=1100 search.candidates=2", "space.depth=1100", "lower"),
    ("dataset=digits dataset.image_size=100000", "dataset=digits", "lower dataset.image_size"),
    ("space.depth=12 'space.pool=[0,1,2,3,4,5,6,7,8]' space.channels=512", "space.pool", ""),
    ("trainer.epochs=0", "trainer.epochs=0", "1 or more"),
    ("trainer=joint trainer.readout=pairs trainer.readout_paths=7", "trainer.readout_paths=7", "at least 12"),
    ("trainer.lr=inf", "trainer.lr=inf", "give"),
    ("trainer.readout=alone trainer.aggregate=log_sum", "trainer.aggregate=log_sum", "trainer.aggregate=mean"),
    ("trainer.batch_size=5000", "trainer.batch_size", "at most 3200"),
    ("trainer=first_order trainer.batch_size=3000", "trainer.batch_size", "at most 2400"),
    ("trainer.earlier_runs=[/nowhere]", "trainer.earlier_runs: /nowhere", "name a folder of others"),
    ("trainer.readout=predictor", "trainer.readout=predictor", "trainer.earlier_runs"),
    ("trainer.readout=informed", "trainer.readout=informed", "consensus_with_predictor"),
    ("trainer.elsewhere=[x]", "trainer.elsewhere", "trainer.earlier_runs"),
    ("trainer=apart", "trainer=apart", "trainer=independent_paths"),
    ("search.regions=0", "search.regions=0", "1 or more"),
    ("search.candidates=0", "search.candidates=0", "2 or more"),
    ("search.candidates=10 space.vertices=3", "search.candidates=10", "enlarge space.vertices"),
    ("search.step_size=inf", "search.step_size=inf", "give a number"),
    ("search.utilities=true", "search.utilities=true", "trainer=synthetic"),
    ("'search.match=[edges,depth,sinks]' search.candidates=9 space.vertices=4", "search.match", "lower"),
    ("search=fixed 'search.cells=[[x]]' space.depth=1", "search.cells", "5/0-1:conv3"),
    ("search=fixed 'search.cells=[[3/0-1:conv3,3/1-2:conv3]]' space.depth=1", "search.cells", "different"),
    ("search=fixed 'search.cells=[[2,2/0-1:conv3]]' space.depth=2", "search.cells", "each of 2 (space.depth)"),
    ("truth.paths=some", "truth.paths=some", "or all"),
    ("truth=retrain truth.seeds=0", "truth.seeds=0", "1 or more"),
    ("trainer=synthetic truth=retrain", "truth=retrain", "truth=none"),
    ("trainer=synthetic space=nas_bench_macro search.candidates=3", "trainer=synthetic", "another space"),
    ("trainer=synthetic search.budget=1e9", "search.budget=1e+09", "use search.regions"),
    ("trainer=synthetic truth.curve=true", "truth.curve=true", "truth.curve=false"),
    ("tracking.mode=on", "tracking.mode=on", "offline"),
    ("seed=-1", "seed=-1", "0 or more"),
    ("threads=0", "threads=0", "from 1 to"),
    ("threads=100000", "threads=100000", "from 1 to"),
    ("device=tpu", "device=tpu", "choose from auto"),
    ("executor=many", "executor=many", "choose from processes, serial"),
    ("name=a/b", "name='a/b'", "letters"),
    (f"name={'n' * 300}", "name='nnn", "at most 255"),
    ("space=nas_bench_macro search.candidates=4", "search.candidates=4", "lower it"),
    ("space=nas_bench_macro search.candidates=3 trainer.share_weights=true", "trainer.share_weights", "false"),
    ("space.vertices=64", "space.vertices=64", "high <= 32"),
    ("search.entropy_bound=0.7", "search.entropy_bound=0.7", "give less"),
    ("tracking.project=a/b", "tracking.project=a/b", "leave it out"),
    (f"tracking.project={'p' * 140}", "tracking.project=ppp", "128 letters"),
    (f"tracking.tags=[{'t' * 70}]", "tracking.tags", "1 to 64"),
    ("-m trainer=synthetic name=a,b", "name=a,b", "give one"),
    ("-m trainer=synthetic outputs=a,b", "outputs=a,b", "give one"),
    ("-m trainer=synthetic seed=0,1 hydra/launcher=nope", "hydra/launcher=nope", "hydra-nope-launcher"),
    ("-m trainer=synthetic plan=true,false", "plan=true,false", "one value"),
    ("store=", "store=''", "leave store out"),
    ("outputs=", "outputs=''", "leave outputs out"),
    ("store=/dev/null", "store=/dev/null", "another folder"),
    ("store=/proc", "store=/proc", "another folder"),
    ("outputs=/dev/null/x", "outputs=/dev/null/x", "another folder"),
    ("plugins=[no_such_plugin]", "plugins=no_such_plugin", "PYTHONPATH"),
    ("plugins=[exiting_plugin]", "plugins=exiting_plugin", "SystemExit"),
    ("plugins=[broken_plugin]", "plugins=broken_plugin", "ZeroDivisionError"),
    ("-m trainer=synthetic trainer.rank_correlation=0.5,2", "trainer.rank_correlation=2", "from 0 to 1"),
    ("seed=0,1", "seed=0,1", "add -m"),
    ("-m 'space.pool=[],[7]'", "space.pool=[7]", "from 0 to 2"),
    ("-m seed=0,1 outputs=/dev/null/x", "outputs=/dev/null/x", "another folder"),
    ("-m trainer=joint,jont", "trainer=jont", "choose from"),
    ("-m 'seed=1,[2'", "seed=1,[2", "KEY=VALUE"),
    ("-m seed=0,1 hydra.sweep.subdir=x", "hydra.sweep.subdir=x", "${hydra.job.num}"),
    ("-m seed=0,1 'hydra.sweep.dir=y/${seed}'", "hydra.sweep.dir=y/0,y/1", "hydra.sweep.subdir"),
    ("-m 'seed=interval(0,1)'", "seed=interval(0,1)", "KEY=A,B"),
    ("hydra.run.dir=/dev/null/x", "hydra.run.dir=/dev/null/x", "another folder"),
    ("-m seed=0,1 hydra.sweep.dir=/dev/null/x", "hydra.sweep.dir=/dev/null/x", "another folder"),
    ("hydra.run.dir=x trainer.batch_size=5000", "trainer.batch_size", "at most 3200"),
    ("-m --config-name=mine seed=0,1", "mine.yaml", "--config-dir"),
    ("--config-path=/tmp --config-name=config", "config.yaml", "--config-path"),
    ("--config-path=/nowhere", "not found", "--config-path"),
    ("--config-dir=/nowhere", "/nowhere", "not found"),
    ("--run --multirun", "--multirun", "Only one"),
    ("-m trainer=synthetic space.vertices=3 search.match=[],[sinks]", "search.match=['sinks']", "(job 1: "),
    ("dataset.root=/nowhere", "dataset.root is '/nowhere'", "image_folder"),
]


@pytest.mark.parametrize(("command", "named", "advice"), WRONG, ids=[command for command, *_ in WRONG])
def test_wrong_input_is_one_line_before_any_work(
    command: str,
    named: str,
    advice: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if "plugin" in command:
        (tmp_path / "broken_plugin.py").write_text("1 / 0\n")
        (tmp_path / "exiting_plugin.py").write_text("raise SystemExit\n")
        monkeypatch.syspath_prepend(tmp_path)
    tracking = [] if command.startswith("--") or "tracking" in command else ["tracking=none"]
    before = {path.name for path in tmp_path.iterdir()}
    assert run([*shlex.split(command), *tracking]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"fade: error: [^\n]+\n", err)
    assert named in err
    assert advice in err
    written = {path.name for path in tmp_path.iterdir()} - before - {"__pycache__"}
    assert written <= ({"outputs"} if command.startswith("outputs") else set())
    assert not list(tmp_path.glob("outputs/fade/*"))
