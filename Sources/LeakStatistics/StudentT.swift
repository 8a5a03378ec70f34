import Glibc
import Synchronization

/// Student's t distribution.
public enum StudentT {
    /// The value below which a t-distributed variable lies with probability `probability`.
    ///
    /// By bisection of the distribution function, good to ten digits for one or more degrees of freedom.
    ///
    /// The same few values are requested again and again, so they are cached.
    public static func quantile(_ probability: Double, degreesOfFreedom: Int) -> Double {
        precondition(degreesOfFreedom >= 1 && probability > 0 && probability < 1)
        let question = Question(probability: probability, degreesOfFreedom: degreesOfFreedom)
        if let known = answers.withLock({ $0[question] }) { return known }
        let answer = bisected(probability, degreesOfFreedom: degreesOfFreedom)
        answers.withLock { if $0.count < mostAnswers { $0[question] = answer } }
        return answer
    }

    private struct Question: Hashable {
        var probability: Double
        var degreesOfFreedom: Int
    }

    private static let mostAnswers = 1000
    private static let answers = Mutex<[Question: Double]>([:])

    private static func bisected(_ probability: Double, degreesOfFreedom: Int) -> Double {
        if probability == 0.5 { return 0 }
        if probability < 0.5 { return -quantile(1 - probability, degreesOfFreedom: degreesOfFreedom) }
        var high = 1.0
        while cumulative(high, degreesOfFreedom: degreesOfFreedom) < probability && high < 1e9 { high *= 2 }
        var low = 0.0
        for _ in 0..<200 where high - low > 1e-11 * max(1, high) {
            let middle = (low + high) / 2
            if cumulative(middle, degreesOfFreedom: degreesOfFreedom) < probability {
                low = middle
            } else {
                high = middle
            }
        }
        return (low + high) / 2
    }

    /// The probability that a t-distributed variable is at most `t`.
    static func cumulative(_ t: Double, degreesOfFreedom: Int) -> Double {
        let degrees = Double(degreesOfFreedom)
        let tail = 0.5 * regularizedBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
        return t >= 0 ? 1 - tail : tail
    }

    /// The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun, 26.5.8), evaluated
    /// with Lentz's method.
    private static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x))
        // The fraction converges fast only on this side of the mean; the other side follows by symmetry.
        return x < (a + 1) / (a + b + 2)
            ? front * betaFraction(x, a, b) / a : 1 - front * betaFraction(1 - x, b, a) / b
    }

    private static func betaFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func bounded(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / bounded(1 - (a + b) * x / (a + 1))
        var fraction = d
        for step in 1...300 {
            let m = Double(step)
            let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = 1 / bounded(1 + even * d)
            c = bounded(1 + even / c)
            fraction *= d * c
            let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            d = 1 / bounded(1 + odd * d)
            c = bounded(1 + odd / c)
            fraction *= d * c
            if abs(d * c - 1) < 1e-14 { break }
        }
        return fraction
    }
}
