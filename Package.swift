// swift-tools-version: 6.2
import PackageDescription

/// Every target is held to the same language rules; CI turns warnings into errors.
let rules: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableExperimentalFeature("Lifetimes"),
    ] + (Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)])

let package = Package(
    name: "watertight",
    products: [
        .executable(name: "watertight", targets: ["watertight"]),
        .library(name: "WebSocketProtocol", targets: ["WebSocketProtocol"]),
        .library(name: "WebSockets", targets: ["WebSockets"]),
        .library(name: "TLS", targets: ["TLS"]),
        .library(name: "Managers", targets: ["Managers"]),
        .library(name: "ProcessResources", targets: ["ProcessResources"]),
        .library(name: "HeapProbes", targets: ["HeapProbes"]),
        .library(name: "Environments", targets: ["Environments"]),
        .library(name: "LeakTracking", targets: ["LeakTracking"]),
        .library(name: "LeakCheck", targets: ["LeakCheck"]),
        .library(name: "WatertightTesting", targets: ["WatertightTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .target(name: "CLinux"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "WebSocketProtocol", dependencies: ["CZlib"], swiftSettings: rules),
        .target(name: "SystemCalls", dependencies: ["CLinux"], swiftSettings: rules),
        .target(name: "Sockets", dependencies: ["CLinux", "SystemCalls"], swiftSettings: rules),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "TLS", dependencies: ["COpenSSL", "Sockets", "SystemCalls"], swiftSettings: rules),
        .target(name: "Managers", dependencies: ["SystemCalls"], swiftSettings: rules),
        .target(
            name: "WebSockets",
            dependencies: [
                "WebSocketProtocol", "Sockets", "SystemCalls", "Managers",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .target(name: "ProcessResources", dependencies: ["CLinux", "SystemCalls"], swiftSettings: rules),
        .target(name: "LeakStatistics", swiftSettings: rules),
        .target(name: "Remedies", swiftSettings: rules),
        .target(name: "Fleet", dependencies: ["LeakStatistics"], swiftSettings: rules),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "Prometheus", dependencies: ["CCurl", "Fleet"], swiftSettings: rules),
        .target(
            name: "Subprocesses", dependencies: ["CLinux", "ProcessResources", "SystemCalls"], swiftSettings: rules),
        .target(
            name: "HeapProbes",
            dependencies: [
                "Preload", "ProcessResources", "Remedies", "Sockets", "Subprocesses", "SystemCalls", "TLS",
                "WebSocketProtocol",
                "WebSockets",
            ],
            resources: [
                .embedInCode("Interpreters/sitecustomize.py"), .embedInCode("Interpreters/holders.py"),
                .embedInCode("Interpreters/agent.rb"), .embedInCode("Interpreters/openers.js"),
            ],
            swiftSettings: rules),
        // What native programs are started with, compiled and embedded in Preload.
        .plugin(name: "EmbedPreload", capability: .buildTool(), path: "Sources/EmbedPreload"),
        .target(
            name: "Preload", dependencies: ["SystemCalls"], exclude: ["Library"], swiftSettings: rules,
            plugins: ["EmbedPreload"]),
        .target(
            name: "Causes",
            dependencies: [
                "CLinux", "LeakStatistics", "Preload", "ProcessResources", "Remedies", "Subprocesses", "SystemCalls",
            ],
            swiftSettings: rules),
        .target(
            name: "RuntimeCauses",
            dependencies: ["Causes", "HeapProbes", "ProcessResources", "Remedies", "SystemCalls"],
            swiftSettings: rules),
        .target(
            name: "Targets",
            dependencies: [
                "HeapProbes", "LeakStatistics", "ProcessResources", "Remedies", "Sockets", "Subprocesses",
                "SystemCalls",
                "WebSocketProtocol",
            ],
            swiftSettings: rules),
        .target(
            name: "Lifecycles",
            dependencies: ["Remedies", "WebSocketProtocol", "Sockets", "SystemCalls", "TLS"],
            resources: [.embedInCode("catalogue.lifecycles"), .embedInCode("shipped.openings")],
            swiftSettings: rules),
        .target(
            name: "LeakCheck",
            dependencies: [
                "Causes", "HeapProbes", "Lifecycles", "ProcessResources", "LeakStatistics", "Remedies", "RuntimeCauses",
                "Sockets",
                "Subprocesses", "SystemCalls", "Targets", "WebSocketProtocol",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .target(
            name: "Search",
            dependencies: [
                "Causes", "LeakCheck", "LeakStatistics", "Lifecycles", "ProcessResources", "Remedies", "Sockets",
                "SystemCalls",
                "Targets", "WebSocketProtocol",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .target(name: "Environments", dependencies: ["CYAML", "Managers", "SystemCalls"], swiftSettings: rules),
        .target(
            name: "LeakTracking",
            dependencies: [
                "Environments", "ProcessResources", "LeakStatistics", "SystemCalls",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .target(
            name: "LeakReports",
            dependencies: [
                "Causes", "Fleet", "LeakCheck", "LeakStatistics", "Lifecycles", "ProcessResources", "Remedies",
                "Search", "Targets",
            ],
            resources: [.embedInCode("Fleet/watertight.rules.yml"), .embedInCode("Fleet/watertight.grafana.json")],
            swiftSettings: rules),
        .target(
            name: "Scenarios",
            dependencies: [
                "Environments", "LeakStatistics", "LeakTracking", "Managers", "ProcessResources", "Sockets",
                "Subprocesses",
                "SystemCalls", "WebSocketProtocol", "WebSockets", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .target(name: "CTestRecords"),
        .target(
            name: "WatertightTesting",
            dependencies: [
                "CTestRecords", "Causes", "LeakStatistics", "Preload", "ProcessResources", "Sockets", "Subprocesses",
                "SystemCalls",
            ],
            swiftSettings: rules),
        .executableTarget(
            name: "watertight",
            dependencies: [
                "WebSocketProtocol", "Sockets", "SystemCalls", "WebSockets", "Managers", "ProcessResources",
                "Environments", "Lifecycles", "LeakCheck", "LeakReports", "LeakStatistics", "LeakTracking", "Scenarios",
                "Search", "Subprocesses", "TLS",
                "Targets", "CLinux", "HeapProbes", "Fleet", "Prometheus", "Remedies",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules,
            // What is published needs no Swift on the machine. Said to the linker alone, so that nothing is compiled anew.
            linkerSettings: Context.environment["WATERTIGHT_STATIC_RUNTIME"] == nil
                ? []
                : [
                    .unsafeFlags(["-static-stdlib"]), .linkedLibrary("_FoundationCollections"),
                    .linkedLibrary("_FoundationCShims"),
                ]),

        // The library's async face as a peer of the conformance cases.
        .executableTarget(
            name: "conformance-peer",
            dependencies: [
                "WebSockets", "WebSocketProtocol", "Sockets", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Conformance/Peer",
            swiftSettings: rules),

        // Many connections and hostile peers, for which a test has no time.
        .executableTarget(
            name: "endurance",
            dependencies: [
                "WebSockets", "WebSocketProtocol", "Managers", "Sockets", "SystemCalls", "LeakStatistics", "Lifecycles",
                "ProcessResources", "Remedies",
                "CZlib",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Endurance",
            swiftSettings: rules),

        // The load side and the sampler on their own, for the benchmarks.
        .executableTarget(
            name: "engine-costs",
            dependencies: [
                "Lifecycles", "ProcessResources", "Remedies", "Sockets", "SystemCalls", "WebSocketProtocol",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Benchmarks/EngineCosts",
            swiftSettings: rules),

        // Weeks of fleets that never were, and how often verdicts on them are right.
        .target(
            name: "SimulatedFleet", dependencies: ["Fleet", "LeakStatistics"], path: "Tests/SimulatedFleet",
            swiftSettings: rules),
        .executableTarget(
            name: "fleet-weeks",
            dependencies: [
                "Fleet", "LeakStatistics", "SimulatedFleet",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Fleet/Weeks", swiftSettings: rules),

        .target(
            name: "TestSupport", dependencies: ["ProcessResources", "Subprocesses", "SystemCalls", "WebSockets"],
            path: "Tests/TestSupport", swiftSettings: rules),
        .testTarget(name: "ArchitectureTests", swiftSettings: rules),
        .testTarget(name: "RemediesTests", dependencies: ["Remedies"], swiftSettings: rules),
        .testTarget(name: "SystemCallsTests", dependencies: ["SystemCalls"], swiftSettings: rules),
        .testTarget(
            name: "SubprocessesTests", dependencies: ["Subprocesses", "SystemCalls"], swiftSettings: rules),
        .testTarget(
            name: "TargetsTests",
            dependencies: [
                "Remedies", "Targets", "HeapProbes", "LeakStatistics", "ProcessResources", "Subprocesses",
                "SystemCalls",
            ],
            swiftSettings: rules),
        .testTarget(
            name: "WebSocketProtocolTests", dependencies: ["TestSupport", "WebSocketProtocol"], swiftSettings: rules),
        .testTarget(
            name: "SocketsTests", dependencies: ["TestSupport", "Sockets", "SystemCalls"], swiftSettings: rules),
        .testTarget(
            name: "TLSTests",
            dependencies: [
                "COpenSSL", "HeapProbes", "Lifecycles", "ProcessResources", "Sockets", "SystemCalls", "TestSupport",
                "TLS",
                "WebSocketProtocol", "WebSockets", "conformance-peer",
            ],
            swiftSettings: rules),
        .testTarget(
            name: "WebSocketsTests",
            dependencies: [
                "TestSupport",
                "WebSockets", "Managers", "WebSocketProtocol", "Sockets", "SystemCalls", "ProcessResources",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .testTarget(
            name: "ProcessResourcesTests", dependencies: ["TestSupport", "ProcessResources", "SystemCalls"],
            swiftSettings: rules),
        .testTarget(
            name: "ManagersTests", dependencies: ["TestSupport", "Managers", "SystemCalls", "LeakStatistics"],
            swiftSettings: rules),
        .testTarget(
            name: "HeapProbesTests",
            dependencies: [
                "Remedies", "TestSupport",
                "Causes", "HeapProbes", "Preload", "ProcessResources", "Sockets", "Subprocesses", "SystemCalls",
                "WebSocketProtocol",
            ],
            swiftSettings: rules),
        .testTarget(name: "CausesTests", dependencies: ["Causes", "ProcessResources"], swiftSettings: rules),
        .testTarget(
            name: "RuntimeCausesTests",
            dependencies: ["Causes", "HeapProbes", "ProcessResources", "Remedies", "RuntimeCauses", "TestSupport"],
            swiftSettings: rules),
        .testTarget(
            name: "FleetTests", dependencies: ["Fleet", "LeakStatistics", "SimulatedFleet"], swiftSettings: rules),
        .testTarget(
            name: "PrometheusTests",
            dependencies: ["Fleet", "Prometheus", "Sockets", "SystemCalls", "WebSocketProtocol", "WebSockets"],
            swiftSettings: rules),
        .testTarget(name: "LeakStatisticsTests", dependencies: ["LeakStatistics"], swiftSettings: rules),
        .testTarget(
            name: "LifecyclesTests",
            dependencies: [
                "Lifecycles", "Remedies", "TestSupport", "TLS", "WebSockets", "Sockets", "SystemCalls",
                "WebSocketProtocol",
            ],
            swiftSettings: rules),
        .testTarget(
            name: "LeakCheckTests",
            dependencies: [
                "Causes", "LeakCheck", "LeakStatistics", "Lifecycles", "ProcessResources", "Remedies", "SystemCalls",
                "Targets",
            ],
            swiftSettings: rules),
        .testTarget(
            name: "SearchTests", dependencies: ["LeakStatistics", "Lifecycles", "Remedies", "Search", "SystemCalls"],
            swiftSettings: rules),
        .testTarget(name: "EnvironmentsTests", dependencies: ["Environments"], swiftSettings: rules),
        .testTarget(
            name: "LeakTrackingTests",
            dependencies: [
                "TestSupport",
                "Environments", "LeakTracking", "LeakStatistics", "ProcessResources", "SystemCalls",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: rules),
        .testTarget(
            name: "LeakReportsTests",
            dependencies: [
                "Causes", "Fleet", "LeakReports", "LeakCheck", "LeakStatistics", "Lifecycles", "Remedies", "Search",
                "SimulatedFleet", "Targets",
            ],
            swiftSettings: rules),
        // The program is built for the scenario that restarts it.
        .testTarget(
            name: "ScenariosTests",
            dependencies: ["TestSupport", "Environments", "Scenarios", "LeakTracking", "Managers", "watertight"],
            swiftSettings: rules),
        .testTarget(
            name: "WatertightTestingTests",
            dependencies: [
                "Causes", "ProcessResources", "TestSupport", "WatertightTesting", "WebSockets", "Sockets",
                "Subprocesses", "SystemCalls",
            ],
            swiftSettings: rules),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "TestSupport",
                "watertight", "Environments", "Fleet", "LeakCheck", "LeakStatistics", "Lifecycles", "ProcessResources",
                "Search", "SimulatedFleet", "Sockets", "SystemCalls", "Targets", "WebSocketProtocol", "WebSockets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Servers"],
            swiftSettings: rules),
    ]
)

// The sanitizers' runs, which build everything anew, build no more than they test.
if let names = Context.environment["ONLY_TESTS"]?.split(separator: "|").map(String.init) {
    var needed = Set(names)
    var open = names
    while let name = open.popLast() {
        for dependency in package.targets.first(where: { $0.name == name })?.dependencies ?? [] {
            guard case .byNameItem(let other, _) = dependency, needed.insert(other).inserted else { continue }
            open.append(other)
        }
    }
    package.targets.removeAll { !needed.contains($0.name) && $0.type != .plugin }
    package.products.removeAll { product in
        !((product as? Product.Library)?.targets.allSatisfy(needed.contains) ?? false)
    }
}
