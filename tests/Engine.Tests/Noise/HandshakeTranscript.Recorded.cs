using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Noise;

/// <summary>
/// Handshakes recorded from wireguard-go 0.0.20230223 (Go 1.19) whose randomness and clock were fixed: an initiation,
/// the cookie reply of a responder under load, the initiation sent again with the cookie, its response, and transport
/// messages of the session.
/// </summary>
internal sealed partial record HandshakeTranscript
{
    internal static HandshakeTranscript WithoutPresharedKey { get; } = new()
    {
        InitiatorPrivateKey = Hex.Bytes("5024242cce3313bb244dded1eb0ea70b0ea7c3e778da67f3a26666afacbf9056"),
        InitiatorPublicKey = Hex.Bytes("69cdafba3c752d7309fa00a28c63e197521769a37e1bebc8482d40d87e98ac6c"),
        ResponderPrivateKey = Hex.Bytes("304500095a358b4edb0117e0d4967ecce4b987dd1cab867b6525aa3f7200d86a"),
        ResponderPublicKey = Hex.Bytes("fb30534c654838ee706c0b9f0abd8288ef0c68b36ac8c42d9267450ff69b6677"),
        PresharedKey = Hex.Bytes("0000000000000000000000000000000000000000000000000000000000000000"),
        FirstInitiation = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("1143bac26e17c953f17fc5d158a75cfb2a852be0954521cda5dd7f336438b65c"),
            SenderIndex = 0xb232e622,
            Timestamp = Hex.Bytes("40000000666d604a07000000"),
            Message = Hex.Bytes(
                "0100000022e632b213bcc218fba889dec36bcf8b3070713ffb9cbaf63d1dfea0ece8230019eed372c1ea3035ba62f9f441bdd9fb55efe37d0aa479a8e54d4451"
                + "be3d06205f67fd6482f9fda47533d9310b964eaa41c9a14fb2c87860561d24e6be39fe0ba64a815c2276df87ee47fae216770b9a81250a0970756e170859e5e5"
                + "6976887700000000000000000000000000000000"),
        },
        RetriedInitiation = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("56b05583333d767cf3b3096cf1176e513e384f55ec97cb063288ff2baa970abe"),
            SenderIndex = 0xd7f17e98,
            Timestamp = Hex.Bytes("40000000666d604f3a000000"),
            Message = Hex.Bytes(
                "01000000987ef1d79c96fb08fba65fa591f51fed493725e9ca52c72112398447a229203532bd86133d701358c94b5df7c2272353fa417238683c70fd7cd99423"
                + "14b2632ac3fe9f54a5006a708e33e3b4a2b20058de227693beaf26ad88e0e76f6a660a6ed1f913a1f3c7a43d1a889ab02986a8994b88a30f46a4bfba6cde82f5"
                + "19016f1c45718c2b1c69bbf04d0b5f1db9d8d124"),
        },
        Response = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("047416938bcb5e487b4eb4fde7abb54eece7aea551b0c5286f5e7013d23786ab"),
            SenderIndex = 0xfbbf4d22,
            Message = Hex.Bytes(
                "02000000224dbffb987ef1d7003e11aaf622f4c2e6b5033bba1a5a699a50f58f5803780647e692eef57c5458861cd5d10a8107ef74a39509da375e9eaa0d7d4c"
                + "79c0d09e7a2b6c6f53a6380200000000000000000000000000000000"),
        },
        CookieReply = new RecordedCookieReply
        {
            Secret = Hex.Bytes("54cf650ec451edb6eb7e9f189af2cca0b86ef223925662f13f82323fba694399"),
            Source = Hex.Bytes("c0000207ca6c"),
            Nonce = Hex.Bytes("0cae3cd3092c3e66b8bcc02811b0e1342b7576c05626122a"),
            Cookie = Hex.Bytes("9a530a39a065caeafe7fa02a64555c74"),
            Message = Hex.Bytes("0300000022e632b20cae3cd3092c3e66b8bcc02811b0e1342b7576c05626122ad6d2062e73d156e71841f2d6e5038b9a1be58d7bbac1d95ff2876350102ce6be"),
        },
        InitiatorToResponderKey = Hex.Bytes("5529f9067962fd6a932a22a77e95a4ac844a0ea0adef4155a14c948f4302ea2f"),
        ResponderToInitiatorKey = Hex.Bytes("3c979caf0627747f4121349b4d2935666c6fc86339e47b183d8a867603bec68e"),
        InitiatorToResponder =
        [
            new(0, Hex.Bytes("746865206669727374207061636b6574206f6620612073657373696f6e2c20706164646564"), Hex.Bytes(
                "04000000224dbffb000000000000000062b0355bcc3b83ed121cc31fca39433f93106481c7c9865f4fc03b038e7a6b2065572c09c35fcc2c503db9323e764203bd8b63e2c09de3e3a31eaa1675bc6d0b")),
            new(1, Hex.Bytes(""), Hex.Bytes(
                "04000000224dbffb0100000000000000f69f0d3071d0b48d2c1705f72e7c8c0c")),
            new(4294967298, Hex.Bytes("706173742033322062697473206f66206974"), Hex.Bytes(
                "04000000224dbffb020000000100000024533295d82ebc2ef380fa6de4bd8378d1ce5f0f34c4caa0f4befa4e1d728c3ee9582591c482af80f174479e326736e9")),
        ],
        ResponderToInitiator =
        [
            new(0, Hex.Bytes("69747320616e73776572"), Hex.Bytes(
                "04000000987ef1d70000000000000000400abed4fa29a20947dde3a09b644dda3939e13e7bee2829d202c8d976eba532")),
        ],
    };

    internal static HandshakeTranscript WithPresharedKey { get; } = new()
    {
        InitiatorPrivateKey = Hex.Bytes("888b2c78c9a4b1669c925e5e28c76f2b2e0fe3ebd41d5e78a4a20e284e769660"),
        InitiatorPublicKey = Hex.Bytes("228a1420f6a507fd23869b4eea099ee341c4041700035d6128438d0d03fc976d"),
        ResponderPrivateKey = Hex.Bytes("a8e7fc93b621d97e73805119683c7cf43e0de942f7fc3531faf00fbdb281756a"),
        ResponderPublicKey = Hex.Bytes("f8fb98d62fee45792c212b56a03d0f2720d9336bf68394f2e1685324431e2d29"),
        PresharedKey = Hex.Bytes("e47bc8c081aa384bd0552a6a3c79b8ba023c78ea1e7dfc13a15a320fcfc610fa"),
        FirstInitiation = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("04e20f7f98a7a7d5816f10f70ce954bd44552e8390f6a32ab770d7dc97bc46e0"),
            SenderIndex = 0xb6e13aff,
            Timestamp = Hex.Bytes("40000000666d604a07000000"),
            Message = Hex.Bytes(
                "01000000ff3ae1b62aa6a1dacbf095c52a944af517c8a621195cce32a1f661dfea8b04ffc1e6b76b003b31c75d6f55cefb1bf9fca3ea5de137684244c7f2ee3e"
                + "6b33cb6f37e83b4334e8668510468689922f6f68e044198094c378b43b7174fa25885cdfe871790b34e693c6209946c21198a6e1e70222b1369e4abee30a9599"
                + "1ecbe4f900000000000000000000000000000000"),
        },
        RetriedInitiation = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("ad64c2a3094f3b30e6cd780831765e4fe0c656b0bc1f9f03a88a81a5f74bc9ca"),
            SenderIndex = 0x71091a19,
            Timestamp = Hex.Bytes("40000000666d604f3a000000"),
            Message = Hex.Bytes(
                "01000000191a0971715c98f100861aebde94b24939fc3c4f754f527be81a17f1f403010575c1617aafe6cc92dfdd55e508d80353d42b562ae538cc9675caa101"
                + "2223c6b39e2d78c2eed93613cc2ea54d82d347fe9a7af19808749e2e34015608b53a5c565fcdee3890428147fc2273b2af33f54771481a9aea0edfd43c376bc9"
                + "f0dd2274e8a0e144ac28b0e2c697800b4bf3de8f"),
        },
        Response = new RecordedHandshakeMessage
        {
            EphemeralPrivateKey = Hex.Bytes("0f8b9cec86f1c847165a1703bceaa5975ea95fb1c6b58b5306a246a0b9eacf38"),
            SenderIndex = 0xfe82eb99,
            Message = Hex.Bytes(
                "0200000099eb82fe191a0971090ee35885bcc798fbc823572fd1d7d0cf64907583cf920d37009a6434da073daf705faee9bf3f6b583c722f573881e16d7a10ac"
                + "5227b859b96b7218002b7a4700000000000000000000000000000000"),
        },
        CookieReply = new RecordedCookieReply
        {
            Secret = Hex.Bytes("4bd3ee1bcae0a7af18677f947ceb100a1be0b08305d89881e347e554fe09b751"),
            Source = Hex.Bytes("c0000207ca6c"),
            Nonce = Hex.Bytes("466eab9438cdd6edaed895ae90de25bcc3ef56454b2fd2ee"),
            Cookie = Hex.Bytes("95054edbec6f369ca7d34e004909c089"),
            Message = Hex.Bytes("03000000ff3ae1b6466eab9438cdd6edaed895ae90de25bcc3ef56454b2fd2ee7c425c7534d798b3471f7d98c23c1b450d762104d293b7208e57a7dc2243c616"),
        },
        InitiatorToResponderKey = Hex.Bytes("4803266c6ced8829956d53e32724deb887b54fa2310c8981669021d3d4594d83"),
        ResponderToInitiatorKey = Hex.Bytes("1ead11297a3ee892d796a85a0bae7c0d1c060f165b6d5885d93f8455876e20c6"),
        InitiatorToResponder =
        [
            new(0, Hex.Bytes("746865206669727374207061636b6574206f6620612073657373696f6e2c20706164646564"), Hex.Bytes(
                "0400000099eb82fe0000000000000000ad10ed3e143e89b4f12de1202c5734508db42cf0657d0b0b96550ce82bf4baf1f5d0f517744fb26d23bdafa054dfb9990bcb7b6438e039e09be53a52bb120996")),
            new(1, Hex.Bytes(""), Hex.Bytes(
                "0400000099eb82fe010000000000000085da6b8ed0bb993f472de9c9712e5c3a")),
            new(4294967298, Hex.Bytes("706173742033322062697473206f66206974"), Hex.Bytes(
                "0400000099eb82fe0200000001000000e4525786014019affe715cd4f60ce8a3b8f621f45cb8afd7cf053aa7c46eb949bfe24de8e4302ebfa835d26b00d0ee60")),
        ],
        ResponderToInitiator =
        [
            new(0, Hex.Bytes("69747320616e73776572"), Hex.Bytes(
                "04000000191a09710000000000000000211d4f00c80794e929b2a9baa18acedefae54a8be49b85fc6ce6ca52ccb65143")),
        ],
    };
}
