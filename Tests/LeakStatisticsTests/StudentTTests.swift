import Testing

@testable import LeakStatistics

@Suite("Student's t")
struct StudentTTests {
    /// Upper quantiles from the tables of Fisher and Yates (1963), to the digits printed there.
    @Test(arguments: [
        (0.975, 1, 12.706), (0.975, 2, 4.303), (0.975, 10, 2.228), (0.975, 30, 2.042), (0.995, 3, 5.841),
        (0.995, 5, 4.032), (0.995, 11, 3.106), (0.995, 24, 2.797), (0.95, 7, 1.895), (0.9995, 11, 4.437),
    ])
    func quantile(probability: Double, degrees: Int, expected: Double) {
        #expect(abs(StudentT.quantile(probability, degreesOfFreedom: degrees) - expected) < 0.0006)
    }

    @Test func symmetry() {
        #expect(StudentT.quantile(0.5, degreesOfFreedom: 4) == 0)
        #expect(
            abs(StudentT.quantile(0.01, degreesOfFreedom: 6) + StudentT.quantile(0.99, degreesOfFreedom: 6)) < 1e-9)
    }

    /// With many degrees of freedom it is the normal distribution.
    @Test func normalLimit() {
        #expect(abs(StudentT.quantile(0.975, degreesOfFreedom: 1_000_000) - 1.959964) < 1e-4)
    }

    @Test(arguments: [1, 2, 5, 40]) func quantileInvertsTheDistribution(degrees: Int) {
        for probability in [0.001, 0.2, 0.6, 0.9, 0.999] {
            let t = StudentT.quantile(probability, degreesOfFreedom: degrees)
            #expect(abs(StudentT.cumulative(t, degreesOfFreedom: degrees) - probability) < 1e-8)
        }
    }
}
