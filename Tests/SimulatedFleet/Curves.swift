import Glibc

/// e to the power of `exponent`.
func exponential(_ exponent: Double) -> Double { exp(exponent) }

/// The sine of so many turns.
func sine(_ turns: Double) -> Double { sin(turns * 2 * .pi) }

/// The cosine of so many turns.
func cosine(_ turns: Double) -> Double { cos(turns * 2 * .pi) }
