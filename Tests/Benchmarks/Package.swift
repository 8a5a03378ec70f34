// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of Watertight never resolve the servers that it is compared with.
let package = Package(
    name: "benchmarks",
    dependencies: [
        .package(name: "watertight", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .executableTarget(
            name: "async-echo",
            dependencies: [
                .product(name: "WebSockets", package: "watertight"), .product(name: "Logging", package: "swift-log"),
            ],
            path: "AsyncEcho"),
        .executableTarget(
            name: "nio-peer",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            path: "NIOPeer"),
        .executableTarget(
            name: "flyingfox-peer",
            dependencies: [
                .product(name: "FlyingFox", package: "FlyingFox"), .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            path: "FlyingFoxPeer"),
    ]
)
