"""The table of rules in `docs/integrate-your-oms.md`: `python -m sync.oms.conformance.rule_table`."""

import sys

from sync.oms.conformance.running import ALL_RULES


def rule_table() -> str:
    """All rules as Markdown."""
    lines = ["| rule | what is asked | how it is checked | needs |", "|---|---|---|---|"]
    for rule in ALL_RULES:
        anchor = rule.contract.removeprefix("docs/").removeprefix("integrate-your-oms.md")
        advice = "" if rule.required else " *(advice)*"
        needs = ", ".join(sorted(rule.needs))
        lines.append(f"| [`{rule.id}`]({anchor}) | {rule.title}{advice} | {rule.how} | {needs} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rule_table())
