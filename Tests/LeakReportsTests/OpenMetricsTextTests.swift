import LeakReports
import Testing

@Suite("OpenMetrics text")
struct OpenMetricsTextTests {
    @Test("families, units, labels and escapes are written as OpenMetrics 1.0 asks")
    func page() {
        var page = OpenMetricsText()
        page.gauge("a_bytes", unit: "bytes", "A size.", 12.5)
        page.counter("b", "Things.", label: "kind", [("x\"y\\z\n", 3), ("é", 0)])
        page.counter("c_seconds", unit: "seconds", "Time.", [("", 0.25)])
        page.histogram("d_seconds", unit: "seconds", "Times.", bounds: [0.5, 1], counts: [1, 0, 2], sum: 9)
        #expect(
            page.finished == """
                # TYPE a_bytes gauge
                # UNIT a_bytes bytes
                # HELP a_bytes A size.
                a_bytes 12.5
                # TYPE b counter
                # HELP b Things.
                b_total{kind="x\\"y\\\\z\\n"} 3
                b_total{kind="é"} 0
                # TYPE c_seconds counter
                # UNIT c_seconds seconds
                # HELP c_seconds Time.
                c_seconds_total 0.25
                # TYPE d_seconds histogram
                # UNIT d_seconds seconds
                # HELP d_seconds Times.
                d_seconds_bucket{le="0.5"} 1
                d_seconds_bucket{le="1.0"} 1
                d_seconds_bucket{le="+Inf"} 3
                d_seconds_count 3
                d_seconds_sum 9
                # EOF

                """)
    }

    @Test("the older format names a counter's family as its samples, and has no unit and no end")
    func older() {
        var page = OpenMetricsText(.prometheus)
        page.gauge("a_bytes", unit: "bytes", "A size.", 1)
        page.counter("b", "Things.", [("", 2)])
        #expect(
            page.finished == """
                # HELP a_bytes A size.
                # TYPE a_bytes gauge
                a_bytes 1
                # HELP b_total Things.
                # TYPE b_total counter
                b_total 2

                """)
    }

    @Test("the older format is for who names it alone")
    func accept() {
        typealias Format = OpenMetricsText.Format
        for values in [
            [], ["*/*"], ["application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"], ["text/html"],
            ["text/plain;q=0"],
        ] { #expect(Format(accept: values) == .openMetrics, "\(values)") }
        for values in [
            ["text/plain"], ["Text/Plain; version=0.0.4, */*;q=0.1"],
            ["application/openmetrics-text; q=0", "text/plain"],
        ] {
            #expect(Format(accept: values) == .prometheus, "\(values)")
        }
    }
}
