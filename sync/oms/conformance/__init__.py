"""`darkstore conformance`: acts as stations against somebody's receiver, and says which rules it keeps.

An OMS's engineers run it against a test instance of their own receiver. It needs nothing of the receiver but
the published contract: it publishes what stations publish, breaks off, repeats and disturbs as the real world
does, and judges what the receiver answers. A receiver that passes can be trusted with stock; one that doesn't
is told which rule it breaks, and by which messages that shows.

    options.py      how patiently, on which broker
    rules.py        what a rule is: its name, where the contract says it, its check and its verdict
    checks_*.py     the rules
    station.py      a station that is acted: a connection, an epoch, events out, answers in
    announcing.py   what it says of itself when it comes and goes
    events.py       the events that it sends, right ones and wrong ones
    transcript.py   what was said on both sides, as evidence
    hearing.py      what a station concludes from the answers that it hears
    setup.py        the expected returns and articles that the receiver must be told of
    helper.py       what the kit can't do itself: load files, sell an article, restart the receiver
    running.py      plays all rules
    report.py       the results
"""
