"""A deployment as on a live chain: what is shown, asked, sent, proven, written and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.cli import Command
from tests.support.live import CHAIN_ID, put_contract
from tests.support.rehearsal import ETHER, Rehearsal, person
from tests.support.stage import GENESIS
from wellhead import toolchain
from wellhead.chain import Anvil, Deployment, NodeUnreachable, deploy_coins, dev_account
from wellhead.chain.plan import ORDER
from wellhead.chain.record import code_hash
from wellhead.chain.rpc import shown

#: Transactions of a deployment with the rehearsal's parameters: contracts and calls.
STEPS = len(ORDER) + 16


def test_a_deployment_from_a_parameter_file(rehearsal: Rehearsal) -> None:
    dry = rehearsal.deploy("--dry-run")
    assert dry.code == 0, dry.stderr
    shown = " ".join(dry.stderr.split())
    for name in ("cash", "reserve", "governor"):
        assert f"{name} {rehearsal.values[name]}".lower() in shown.lower()
    for name in ("reporters", "operators", "guardians", "officers"):
        for account in rehearsal.values[name]:
            assert f"{name[:-1]} {account}" in shown
    for said in (
        "chain 11155111 at http://127.0.0.1",
        f"deployer {rehearsal.deployer.address}, has 10 ether",
        "threshold 2 of 3",
        "finality 12 hours",
        "contest deposit $250.00",
        "delay of governor 2 days",
        "delay of operator 30 minutes",
        "delay of officer 2 hours",
        "bitcoin is bought nowhere, until the governor says where",
        "fee caps 20 gwei, tip 2 gwei",
        "confirmations 3",
        f"ether at most: {STEPS} transactions",
    ):
        assert said in shown
    assert rehearsal.nonce() == rehearsal.nonce("pending") == 0
    assert not rehearsal.file.exists()

    document = rehearsal.wellhead.json(*rehearsal.command())
    assert document["schema"] == "wellhead.deploy/1"
    assert document["governor"].lower() == rehearsal.values["governor"]
    assert rehearsal.journal is None
    assert rehearsal.nonce() == STEPS
    made = Deployment.load(rehearsal.file, rehearsal.rpc)
    assert made.addresses == document["addresses"]
    assert made.oracle.call("finality") == 12 * 3600
    assert made.contests.call("deposit") == 250 * 10**6
    assert set(made.oracle.call("signers")[0]) == set(rehearsal.values["reporters"])

    # The deployer holds nothing, read back for every role, and the delays are in force.
    mine = [r for r in document["roles"] if r["account"] == rehearsal.deployer.address]
    assert {r["role"]: r["holds"] for r in mine} == dict.fromkeys(
        ("ADMIN", "OPERATOR", "GUARDIAN", "COMPLIANCE"), False
    )
    authority = made.authority
    for role in range(4):
        assert authority.call("hasRole", role, rehearsal.deployer.address) == (False, 0)
    assert authority.call("hasRole", 0, document["governor"]) == (True, 48 * 3600)
    assert authority.call("hasRole", 1, person("operator").address) == (True, 1800)
    assert authority.call("hasRole", 2, person("guardian").address) == (True, 0)
    assert authority.call("hasRole", 3, person("officer").address) == (True, 7200)
    rehearsal.rpc("evm_setNextBlockTimestamp", rehearsal.rpc.now() + 5 * 86_400)
    rehearsal.node.mine()
    assert authority.call("getRoleGrantDelay", 0) == 24 * 3600

    standing = rehearsal.refused(4)
    assert "describes a deployment that stands: give --again" in standing


def test_what_the_deployment_file_says(rehearsal: Rehearsal) -> None:
    rehearsal.wellhead.json(*rehearsal.command())
    body = json.loads(rehearsal.file.read_text())
    assert (body["schema"], body["chain_id"]) == ("wellhead.deployment/1", CHAIN_ID)
    assert body["deployer"] == rehearsal.deployer.address
    for name in ORDER:
        placed = body["contracts"][name]
        sent = rehearsal.rpc("eth_getTransactionByHash", placed["transaction"])
        bytecode = toolchain.artifacts()[name]["bytecode"]
        assert sent["input"] == bytecode + placed["arguments"][2:]
        assert int(sent["blockNumber"], 16) == placed["block"]
        code = rehearsal.rpc("eth_getCode", body["addresses"][name], "latest")
        assert placed["code_hash"] == code_hash(code)
    assert body["block"] == body["contracts"]["Authority"]["block"]
    assert len(body["calls"]) == STEPS - len(ORDER)
    assert body["compiler"]["version"].startswith("0.8.30")
    assert body["compiler"]["optimizer"] == {"enabled": True, "runs": 1_000}
    assert body["parameters"]["threshold"] == 2
    assert "url" not in json.dumps(body)


def test_it_asks_and_takes_no_for_an_answer(rehearsal: Rehearsal) -> None:
    command = [word for word in rehearsal.command() if word != "--yes"]
    asked = rehearsal.wellhead(*command, answer="n\n")
    assert asked.code == 2
    question = f"Deploy to chain {CHAIN_ID} as {rehearsal.deployer.address}? [y/N]"
    assert question in asked.stderr
    assert asked.stderr.index("estimated cost") < asked.stderr.index(question)
    assert rehearsal.nonce("pending") == 0
    assert rehearsal.journal is None


def test_well_known_keys_are_refused(rehearsal: Rehearsal) -> None:
    for index, field in ((1, "operators"), (2, "guardians"), (3, "officers"), (0, "governor")):
        known = dev_account(index).address
        value: Any = known if field == "governor" else [known]
        said = rehearsal.refused(4, **{field: value})
        assert f'account {index} of the phrase "test test test ..."' in said
    reporters = [*rehearsal.values["reporters"][:2], dev_account(20).address]
    assert "whose key everybody has" in rehearsal.refused(4, reporters=reporters)
    small = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
    assert "the account of key 1" in rehearsal.refused(4, operators=[small])
    assert rehearsal.nonce("pending") == 0


def test_coins_that_will_not_do(rehearsal: Rehearsal) -> None:
    bytecode = toolchain.artifacts()["TestCoin"]["bytecode"]
    kinds = ["string", "string", "uint8"]
    test_coin = put_contract(rehearsal.node, bytecode, kinds, ["Dollar", "USD", 6])
    assert "is the test coin" in rehearsal.refused(4, cash=test_coin)
    nothing = person("nothing").address
    assert f"there is no contract at {nothing}" in rehearsal.refused(4, reserve=nothing)
    governor = rehearsal.values["governor"]
    assert "does not answer as a coin" in rehearsal.refused(4, cash=governor)
    swapped = {"cash": rehearsal.values["reserve"], "reserve": rehearsal.values["cash"]}
    assert "has 8 decimals and not 6" in rehearsal.refused(4, **swapped)


def test_accounts_that_will_not_do(rehearsal: Rehearsal) -> None:
    assert "give a multisig" in rehearsal.refused(4, governor=person("alone").address)
    deployer = rehearsal.deployer.address
    assert "is the deployer, who must keep no role" in rehearsal.refused(4, guardians=[deployer])
    reporters = [*rehearsal.values["reporters"][:2], rehearsal.values["cash"]]
    assert "contracts can not sign" in rehearsal.refused(4, reporters=reporters)
    assert "is nobody" in rehearsal.refused(4, operators=["0x" + "00" * 20])
    rehearsal.rpc("anvil_setBalance", deployer, hex(ETHER // 1000))
    assert "has 0.001 ether, and " in rehearsal.refused(4)


WRONG_FILES: list[tuple[dict[str, Any], str]] = [
    ({"cash": None}, "cash: is missing"),
    ({"colour": "blue"}, "colour: is not known here"),
    ({"governor": "0x1234"}, "governor: '0x1234' is no address"),
    ({"threshold": 1}, "1 of 3 reporters is not possible"),
    ({"threshold": "two"}, "threshold: "),
    ({"finality_hours": 0}, "finality_hours: "),
    ({"finality_hours": "0.99999"}, "finality_hours: "),
    ({"operators": ["0x" + "12" * 20] * 2}, "twice"),
    ({"reserve": True}, "reserve: must be a number or a text"),
    ({"transactions": {"max_fee_gwei": 1, "max_priority_fee_gwei": 2}}, "at most max_fee"),
    ({"transactions": {"max_fee_gwei": 1}}, "max_priority_fee_gwei: is missing"),
    ({"rpc": "http://${NOT_SET_ANYWHERE}"}, "NOT_SET_ANYWHERE, which is not set"),
]


def test_parameter_files_that_will_not_do(rehearsal: Rehearsal) -> None:
    del rehearsal.wellhead.environment["WELLHEAD_RPC"]
    for changes, said in WRONG_FILES:
        assert said in rehearsal.refused(5, **changes)


def test_the_example_is_a_parameter_file(rehearsal: Rehearsal) -> None:
    example = toolchain.project_root() / "deployments" / "example.toml"
    given = ["deploy", "--parameters", example, "--keyfile", rehearsal.keyfile]
    del rehearsal.wellhead.environment["WELLHEAD_RPC"]
    assert "variable SEPOLIA_KEY, which is not set" in rehearsal.wellhead.refused(5, *given)
    rehearsal.wellhead.environment["WELLHEAD_RPC"] = rehearsal.rpc.url
    assert "0x3333333333333333333333333333333333333333 is no contract on this chain" in (
        rehearsal.wellhead.refused(4, *given)
    )
    said = rehearsal.wellhead.refused(4, *given, "--cash", "0x" + "12" * 20)
    assert "leave out the others (cash)" in said


def test_the_wrong_chain(rehearsal: Rehearsal) -> None:
    said = rehearsal.refused(4, chain_id=1)
    assert f"is for chain 1, but the node at http://127.0.0.1:{rehearsal.node.port}" in said
    assert "no local" not in said
    plain = rehearsal.wellhead.refused(4, "deploy", "--keyfile", rehearsal.keyfile, "--yes")
    assert "is not local: it needs a file of --parameters" in plain


def test_a_node_of_another_kind_with_a_local_id_is_live(rehearsal: Rehearsal) -> None:
    from wellhead.chain.locality import is_local

    class Geth:
        def integer(self, method: str) -> int:
            return 31337

        def __call__(self, method: str) -> str:
            return "Geth/v1.16.0"

    assert is_local(Geth()) is False  # type: ignore[arg-type]
    assert is_local(rehearsal.rpc) is False


def test_a_deployment_file_is_checked_on_every_load(rehearsal: Rehearsal) -> None:
    rehearsal.wellhead.json(*rehearsal.command())
    body = json.loads(rehearsal.file.read_text())
    vault = body["addresses"]["Vault"]
    code = rehearsal.rpc("eth_getCode", vault, "latest")

    def check(said: str) -> None:
        asked = ["quote", "--cluster", 1, "--units", 1, "--hours", 1]
        assert said in rehearsal.wellhead.refused(4, *asked)
        again = rehearsal.refused(4)
        assert said in again
        assert "To deploy nevertheless give --again" in again

    rehearsal.rpc("anvil_setCode", vault, code[:-2] + "00")
    check(f"the code of Vault at {vault} is not what was deployed")
    rehearsal.rpc("anvil_setCode", vault, "0x")
    check(f"has no Vault at {vault}")
    rehearsal.rpc("anvil_setCode", vault, code)
    rehearsal.file.write_text(json.dumps({**body, "chain_id": 1}))
    check(f"is for chain 1, but {rehearsal.rpc.url} is chain {CHAIN_ID}")
    del body["schema"]
    rehearsal.file.write_text(json.dumps(body))
    check("is no deployment file: it has no 'schema'")


def test_a_local_chain_may_have_a_parameter_file_too(tmp_path: Path) -> None:
    with Anvil(GENESIS) as anvil:
        cash, reserve = deploy_coins(anvil.rpc, dev_account(0))
        known = [dev_account(index).address for index in range(4)]
        path = tmp_path / "local.toml"
        path.write_text(
            f"chain_id = 31337\ncash = '{cash.address}'\nreserve = '{reserve.address}'\n"
            f"governor = '{known[0]}'\nreporters = {known}\nthreshold = 3\n[transactions]\n"
            "confirmations = 1\nmax_fee_gwei = 1\nmax_priority_fee_gwei = 1\n"
        )
        wellhead = Command(tmp_path, anvil.rpc.url)
        document = wellhead.json("deploy", "--parameters", path, "--yes")
        assert document["governor"] == document["deployer"] == known[0]
        held = {(r["role"], r["account"]) for r in document["roles"] if r["holds"]}
        assert held == {("ADMIN", known[0])}


def test_what_is_said_of_a_node_holds_no_secret() -> None:
    key = "c0ffee" * 5
    for url in (f"https://node.example/v3/{key}", f"https://me:{key}@node.example/"):
        assert shown(url) == "https://node.example/..."
        assert key not in str(NodeUnreachable(url, f"Client error '429' for url '{url}'"))
    assert shown("http://127.0.0.1:8545") == "http://127.0.0.1:8545"
