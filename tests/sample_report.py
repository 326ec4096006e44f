"""A fixed report with a claim of every kind of outcome; names and numbers are invented."""

from __future__ import annotations

from proofcheck.kernel.terms import PI, Domain, div, num
from proofcheck.report.model import ClaimReport, ErratumRow, ObligationReport, PaperReport, PaperRow, Report
from proofcheck.report.pictures import drawn

RIGHT_ANGLES = (("theta", Domain(num(0), div(PI, num(2)), lower_closed=False, upper_closed=True)),)
ZEROS = {"rule": "zeros", "var": "theta", "end": "lower", "order": 2, "length": 9, "prec": 64, "tree": "0N0N0NN"}

DETERMINANT = ClaimReport(
    id="sample/det",
    kind="lemma",
    title="det M(θ) > 0 on (0, π/2]: the Lyapunov function really decreases",
    statement="det(M) > 0",
    expect="proved",
    verdict="proved",
    grade="kernel",
    outcome="PASS",
    path="claims/sample/det.toml",
    for_all={"theta": "(0, pi/2]"},
    define={
        "a": "sin(2*theta) + 2*pi - 2*theta",
        "b": "-(2*pi - theta)*cos(theta) - sin(theta)",
        "M": "[[a, b], [b, 2*pi]]",
        "D": "det(M)",
    },
    text="The angle between w and w* is θ, in radians.",
    paper="sample",
    label="Theorem 5",
    quote="the matrix M(θ) is positive definite for 0 < θ ≤ π/2",
    obligations=(
        ObligationReport("statement", "statement", "proved", "steps", "kernel", "det(M) > 0", "theta in (0, pi/2]"),
        ObligationReport(
            "step expand", "step", "proved", "ring", "kernel", "D = 2*pi*(sin(2*theta) + 2*pi - 2*theta) - ((2*pi - theta)*cos(theta) + sin(theta))^2",
            "theta in (0, pi/2]", detail="normal forms agree, 9 terms", seconds=0.02,
        ),
        ObligationReport(
            "step positive", "step", "proved", "taylor", "kernel", "D > 0", "theta in (0, pi/2]",
            "At 0 the matrix is singular and D has a double zero; D/θ² starts at 4π².", "7 strips, order 6", "3.1e-4", {"theta": "pi/2"}, seconds=0.39,
            picture=drawn(RIGHT_ANGLES, ZEROS),
        ),
        ObligationReport("check 1", "check", "supported", "grid", "numerical", "D > 0", detail="10 000 points, 50 digits", margin="1.2e-7"),
        ObligationReport("sanity 1", "sanity", "proved", "ring", "kernel", "D = 2*pi^2 - 1", text="at θ = π/2"),
        ObligationReport(
            "must_fail 1", "must_fail", "refuted", "witness", "witness", "det(M) > 0", "theta in [0, pi/2]",
            "0 is excluded for a reason: M(0) is singular.", witness={"theta": "0"},
        ),
    ),
    margin="3.1e-4",
    where={"theta": "pi/2"},
    seconds=0.41,
    replayed=True,
    digest="5f1d7a1c9be04c6e8f6b2a3d",
    certificate="claims/sample/det.cert.json",
    certificate_bytes=2148,
)  # fmt: skip

LIMIT = ClaimReport(
    id="sample/limit",
    kind="theorem",
    title="Trajectories converge to w*",
    statement="norm(w - w_star)^2 <= 2*V_0*exp(-lambda*t) and 0 <= t < tau",
    expect="proved",
    verdict="proved",
    grade="symbolic",
    outcome="PASS",
    path="claims/sample/limit.toml",
    for_all={"w": "vector(d)", "t": "[0, inf)"},
    for_each={"d": "2, 3, 5"},
    given=("dot(w, w_star) > 0", "angle(w, w_star) < pi/2"),
    paper="sample",
    label="Theorem 6",
    obligations=(
        ObligationReport("step decrease[d=2]", "step", "proved", "identity", "symbolic", "diff(V, t) = -lambda*V", detail="sympy, route 2"),
        ObligationReport("step lasalle", "step", "assumed", "assume", "", "V = 0 or diff(V, t) < 0",
                         text="LaSalle's invariance principle, Khalil, Theorem 4.4"),
    ),
    assumptions=(
        "LaSalle's invariance principle (Khalil, Nonlinear Systems, Theorem 4.4)",
        "The order of limit and expectation may be exchanged (dominated convergence)",
    ),
    cites=("sample/det",),
    seconds=12.5,
    digest="0b7e55d2",
    certificate="claims/sample/limit.cert.json",
    certificate_bytes=912,
)  # fmt: skip

KERNEL = ClaimReport(
    id="sample/kernel-bound",
    kind="lemma",
    title="J2(c) ≤ 3c on (0, 1)",
    statement="J2(c) <= 3*c",
    expect="proved",
    verdict="refuted",
    grade="witness",
    outcome="FAIL",
    reason="An exact point of the domain violates the statement.",
    path="claims/sample/kernel-bound.toml",
    for_all={"c": "(0, 1)"},
    define={"J2(t)": "sqrt(1 - t^2) + (pi - acos(t))*t"},
    paper="sample",
    label="Lemma 2",
    obligations=(ObligationReport("statement", "statement", "refuted", "witness", "witness", "J2(c) <= 3*c", witness={"c": "1/8"}),),
    witness={"c": "1/8"},
    seconds=0.08,
    certificate="claims/sample/kernel-bound.cert.json",
    certificate_bytes=301,
)

ERRATUM = ClaimReport(
    id="sample/erratum-1",
    kind="erratum",
    title="The bound as printed fails",
    statement="sum(k in 1..n, w[k]^2) <= integral(p, p^2/(1 + p), 0, 1)",
    expect="refuted",
    verdict="refuted",
    grade="witness",
    outcome="PASS",
    path="claims/sample/erratum-1.toml",
    for_all={"w": "vector(2) in [-1, 1]"},
    paper="sample",
    label="Equation (12)",
    obligations=(
        ObligationReport("statement", "statement", "refuted", "witness", "witness", "sum(k in 1..n, w[k]^2) <= 1", witness={"w_1": "1", "w_2": "-3/7"}),
    ),
    witness={"w_1": "1", "w_2": "-3/7"},
    seconds=1.0,
    replayed=True,
)

CONJECTURE = ClaimReport(
    id="sample/conjecture",
    kind="conjecture",
    title="No spurious minima in the cone",
    statement="min(f(x, y), g(x)) >= abs(x)/2",
    expect="open",
    verdict="proved",
    grade="kernel",
    outcome="NEWS",
    reason="The file says open and a proof was found: set expect to proved.",
    path="claims/sample/conjecture.toml",
    for_all={"x": "[-1, 1]", "y": "real"},
    obligations=(ObligationReport("statement", "statement", "proved", "bisection", "kernel", "min(f(x, y), g(x)) >= abs(x)/2", detail="343 leaves"),),
    seconds=134.0,
)

SAMPLED = ClaimReport(
    id="sample/experiment-rate",
    kind="experiment",
    title="The measured rate agrees with the theory",
    statement="abs(rate - 2) < 0.05",
    expect="supported",
    verdict="supported",
    grade="statistical",
    outcome="PASS",
    path="claims/sample/experiment-rate.toml",
    for_all={"z": "normal(d)"},
    obligations=(ObligationReport("check 1", "check", "supported", "monte_carlo", "statistical", "abs(rate - 2) < 0.05", detail="100000 samples"),),
    seconds=3.25,
)

STUCK = ClaimReport(
    id="sample/open-problem",
    kind="conjecture",
    title="Monotone for every K",
    statement="f(x) >= 0",
    expect="open",
    verdict="inconclusive",
    grade="",
    outcome="PASS",
    reason="The budget of 2000000 boxes ended; 3 % of the domain is left, all within 1e-3 of θ = π.",
    for_all={"x": "[0, pi]"},
    margin="1e-9",
    where={"x": "3.14"},
    seconds=60.0,
)

CRASHED = ClaimReport(
    id="sample/crash",
    kind="equation",
    title="A method died",
    statement="x^2 >= 0",
    expect="proved",
    verdict="error",
    grade="",
    outcome="BROKEN",
    reason="The process of bisection was killed by SIGSEGV.",
    path="claims/sample/crash.toml",
    for_all={"x": "real"},
    obligations=(ObligationReport("statement", "statement", "error", "bisection", "", "x^2 >= 0", detail="killed by SIGSEGV"),),
    seconds=2.0,
)

PAPER = PaperReport(
    "sample",
    "An invented paper about two-layer networks",
    "A. Author, B. Author",
    "Proceedings of Nowhere, 2017",
    (
        PaperRow("Lemma 2", "Bound on the kernel", ("sample/kernel-bound",)),
        PaperRow("Theorem 5", "The Lyapunov function decreases", ("sample/det",)),
        PaperRow("Theorem 6", "Convergence", ("sample/limit", "sample/limit-complex")),
        PaperRow("Equation (12)", "The printed bound", ("sample/erratum-1",), status="erratum"),
        PaperRow("Definition 1", "Gating function", (), reason="a definition, nothing to prove"),
    ),
    (
        ErratumRow(
            "E1", "Equation (12)", "the bound is 1/5 too small", "k(x) ≤ 1", ("sample/erratum-1",), ("sample/kernel-bound",), "x = 1/2",
            "as printed: refuted; corrected: proved",
        ),
        ErratumRow("E2", "abstract", "convergence is claimed from everywhere", status="a remark on wording"),
    ),
)

SAMPLE = Report(
    claims=(DETERMINANT, LIMIT, KERNEL, ERRATUM, CONJECTURE, SAMPLED, STUCK, CRASHED),
    papers=(PAPER,),
    environment={"proofcheck": "0.1.0", "python": "3.11.2", "python-flint": "0.9.0", "platform": "Linux x86_64"},
    settings={"jobs": 2, "replay_only": False, "select": ["all"]},
    seconds=213.24,
    exit_code=1,
)
