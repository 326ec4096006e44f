"""Ways of finding: each takes an obligation and returns evidence. Nothing here is trusted; the kernel looks at every proof."""
