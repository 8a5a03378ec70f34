import Testing

@testable import Search

@Suite("The course of a screen")
struct ScreenCourseTests {
    private let width = ScreenCourse.Width(descriptors: 1 << 20, connections: 8)

    @Test(
        "each script is played once and then driven, and never more are under way than may be", arguments: [1, 40, 700])
    func all(count: Int) {
        var course = ScreenCourse(Array(0..<count), width: width, plays: true)
        var (underWay, begun): ([ScreenCourse.Act], [ScreenCourse.Act]) = ([], [])
        repeat {
            while let act = course.next() {
                underWay.append(act)
                begun.append(act)
            }
            let quick = underWay.count { if case .drive(_, false) = $0 { true } else { false } }
            let slow = underWay.count { if case .drive(_, true) = $0 { true } else { false } }
            #expect(quick <= width.quick && slow <= width.slow && underWay.count - quick - slow <= width.playing)
            guard let first = underWay.first else { break }
            underWay.removeFirst()
            if case .play(let index) = first {
                course.did(first, isSlow: index.isMultiple(of: 3))
            } else {
                course.did(first)
            }
        } while begun.count <= 2 * count
        #expect(begun.count == 2 * count && Set(begun).count == 2 * count)
    }

    @Test("what waits overlaps with what is quick, and does not hold it up")
    func overlap() {
        var course = ScreenCourse(Array(0..<300), width: width, plays: false, isSlow: { $0 < 250 })
        var acts: [ScreenCourse.Act] = []
        while let act = course.next() { acts.append(act) }
        #expect(acts.count == width.slow + width.quick)
        #expect(acts.contains(.drive(250, isSlow: false)) && acts.contains(.drive(0, isSlow: true)))
        course.did(.drive(250, isSlow: false))
        #expect(course.next() == .drive(282, isSlow: false) && course.next() == nil)
    }

    @Test("a script that cannot be played, or has no connections left, is not driven")
    func played() {
        var course = ScreenCourse([0], width: width, plays: true)
        #expect(course.next() == .play(0) && course.next() == nil)
        course.did(.play(0), goesOn: false)
        #expect(course.next() == nil)
    }

    @Test("a target that may have few descriptors is given few connections", arguments: [16, 256, 1024, 1 << 20])
    func width(descriptors: Int) {
        let width = ScreenCourse.Width(descriptors: descriptors, connections: 8)
        let most = width.playing + (width.quick + width.slow) * 8
        #expect(width.playing >= 4 && width.quick >= 2 && width.slow >= 2)
        if descriptors >= 256 { #expect(most <= descriptors / 2) }
    }
}
