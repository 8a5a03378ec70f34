// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that users of Watertight never resolve FlyingFox.
let package = Package(
    name: "flyingfox-leaks",
    dependencies: [
        .package(name: "watertight", path: "../.."),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        .testTarget(
            name: "FlyingFoxLeaks",
            dependencies: [
                .product(name: "WatertightTesting", package: "watertight"),
                .product(name: "WebSockets", package: "watertight"),
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            path: "Tests")
    ]
)
