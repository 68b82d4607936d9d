import pytest

from portico.agent.plan import LastPlan
from portico.wire import PlanDelta
from tests.agent.plans import plan


def test_a_saved_plan_comes_back_whole(tmp_path):
    last = LastPlan(tmp_path / "plan")
    assert last.load() is None
    last.save(
        PlanDelta(epoch="e", version=4, complete=True, apps={7: plan(), 8: plan(id=8, name="two")})
    )
    last.save(PlanDelta(epoch="e", version=5, complete=False, apps={8: None}))
    again = LastPlan(tmp_path / "plan")
    apps = {7: plan(), 8: None}
    assert again.load() == PlanDelta(epoch="e", version=5, complete=True, apps=apps)
    assert (again.epoch, again.version) == ("e", 5)


def test_a_torn_plan_counts_as_none(tmp_path):
    last = LastPlan(tmp_path)
    last.save(PlanDelta(epoch="e", version=4, complete=True, apps={7: plan()}))
    (tmp_path / "7.json").write_text('{"id": 7, "na')
    again = LastPlan(tmp_path)
    assert again.load() is None
    assert (again.epoch, again.version) == ("", 0)


def test_config_vars_in_it_are_for_the_agents_eyes_alone(tmp_path):
    last = LastPlan(tmp_path / "plan")
    last.save(PlanDelta(epoch="e", version=1, complete=True, apps={7: plan()}))
    assert (tmp_path / "plan").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "plan" / "7.json").stat().st_mode & 0o777 == 0o600


def test_a_removal_is_remembered_until_it_is_carried_out(tmp_path):
    last = LastPlan(tmp_path / "plan")
    last.save(PlanDelta(epoch="e", version=4, complete=True, apps={7: plan()}))
    last.save(PlanDelta(epoch="e", version=5, complete=False, apps={7: None}))
    last.forget(7)
    again = LastPlan(tmp_path / "plan")
    assert again.load() == PlanDelta(epoch="e", version=5, complete=True, apps={})


def test_an_agent_killed_while_it_kept_a_whole_plan_leaves_none(tmp_path, monkeypatch):
    last = LastPlan(tmp_path)
    last.save(PlanDelta(epoch="e", version=4, complete=True, apps={7: plan()}))

    def killed(path, text):
        raise KeyboardInterrupt

    monkeypatch.setattr("portico.agent.plan._write", killed)
    with pytest.raises(KeyboardInterrupt):
        last.save(PlanDelta(epoch="f", version=1, complete=True, apps={7: plan()}))
    assert LastPlan(tmp_path).load() is None


def test_a_plan_with_a_gap_is_not_kept_until_web_sends_all_of_it(tmp_path):
    last = LastPlan(tmp_path)
    last.save(PlanDelta(epoch="e", version=4, complete=True, apps={7: plan()}))
    (tmp_path / ".8.json").mkdir()  # in the way of what is to be written
    with pytest.raises(OSError, match="Is a directory"):
        last.save(PlanDelta(epoch="e", version=5, complete=False, apps={8: plan(id=8)}))
    assert (last.epoch, last.version) == ("e", 5)
    last.save(PlanDelta(epoch="e", version=6, complete=False, apps={7: plan()}))
    assert LastPlan(tmp_path).load() is None
    (tmp_path / ".8.json").rmdir()
    last.save(PlanDelta(epoch="f", version=1, complete=True, apps={7: plan()}))
    assert LastPlan(tmp_path).load() is not None
