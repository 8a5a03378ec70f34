import Causes
import HeapProbes

extension DescriptorOpeners.Opener {
    /// What a runtime was followed doing.
    init(_ opening: FollowedOpening) {
        let site = opening.frames.map { CodeFrame($0.function, at: CodeLocation(file: $0.file, line: $0.line)) }
        self.init(site: site, isSocket: opening.isSocket)
    }
}

extension [FollowedOpening] {
    /// By the numbers of the descriptors.
    var openers: [Int: DescriptorOpeners.Opener] {
        Dictionary(map { ($0.descriptor, DescriptorOpeners.Opener($0)) }) { $1 }
    }
}
