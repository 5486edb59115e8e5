using System.Security.Cryptography;
using System.Text;
using WireGuard.Engine.Crypto;
using WireGuard.Tests.Vectors;

namespace WireGuard.Tests.Crypto;

public class AeadKnownAnswerTests
{
    private const string Sunscreen =
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";

    // RFC 8439, section 2.3.2.
    [Fact]
    public unsafe void ChaCha20_block_of_the_RFC()
    {
        var key = Hex.Bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
        var state = stackalloc uint[16];
        var block = new byte[64];
        fixed (byte* k = key, b = block)
        {
            ChaCha20.Start(state, k, 0x4a000000);
            state[ChaCha20.CounterWord] = 1;
            state[13] = 0x09000000;
            ChaCha20.Block(state, b);
        }

        Assert.Equal(
            "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
            Hex.Text(block));
    }

    // RFC 8439, section 2.8.2: its nonce does not begin with zeros, so the parts are put together for it.
    [Fact]
    public void ChaCha20Poly1305_example_of_the_RFC()
    {
        var key = Hex.Bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        var nonce = Hex.Bytes("070000004041424344454647");
        var associatedData = Hex.Bytes("50515253c0c1c2c3c4c5c6c7");
        var text = Encoding.ASCII.GetBytes(Sunscreen);
        const string Expected =
            "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
            + "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
            + "1ae10b594f09e26a7e902ecbd0600691";
        Assert.Equal(Expected, Hex.Text(AeadOracles.SodiumSeal(key, nonce, associatedData, text)));
        Assert.Equal(Expected, Hex.Text(AeadOracles.ComposedSeal<Vector128Kernel>(key, nonce, associatedData, text)));
        if (Avx2Kernel.IsSupported)
            Assert.Equal(Expected, Hex.Text(AeadOracles.ComposedSeal<Avx2Kernel>(key, nonce, associatedData, text)));
        if (Avx512Kernel.IsSupported)
            Assert.Equal(Expected, Hex.Text(AeadOracles.ComposedSeal<Avx512Kernel>(key, nonce, associatedData, text)));
    }

    // RFC 8439, appendix A.5.
    [Fact]
    public void Handshake_AEAD_opens_and_seals_the_RFCs_draft_text()
    {
        var key = Hex.Bytes("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0");
        var associatedData = Hex.Bytes("f33388860000000000004e91");
        const ulong Counter = 0x0807060504030201;
        var text = Encoding.UTF8.GetBytes(
            "Internet-Drafts are draft documents valid for a maximum of six months and may be updated, replaced, or obsoleted by "
            + "other documents at any time. It is inappropriate to use Internet-Drafts as reference material or to cite them other "
            + "than as /\u201cwork in progress./\u201d");
        var expected = Hex.Bytes(
            "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b73c321b0100d4f03b7f355894cf"
            + "332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186324e2b3506383606907b6a7c02b0f9f6157b53c867e4"
            + "b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf4534d7f83fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a"
            + "0bb2316053fa76991955ebd63159434ecebb4e466dae5a1073a6727627097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29"
            + "a6ad5cb4022b02709beead9d67890cbb22392336fea1851f38");

        var sealedText = new byte[text.Length + HandshakeAead.TagSize];
        HandshakeAead.Seal(sealedText, key, Counter, text, associatedData);
        Assert.Equal(expected, sealedText);

        var opened = new byte[text.Length];
        Assert.True(HandshakeAead.Open(opened, key, Counter, expected, associatedData));
        Assert.Equal(text, opened);
    }

    // draft-irtf-cfrg-xchacha-03, appendix A.3.1.
    [Fact]
    public void XChaCha20Poly1305_of_the_draft()
    {
        var key = Hex.Bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        var nonce = Hex.Bytes("404142434445464748494a4b4c4d4e4f5051525354555657");
        var associatedData = Hex.Bytes("50515253c0c1c2c3c4c5c6c7");
        var text = Encoding.ASCII.GetBytes(Sunscreen);
        var expected = Hex.Bytes(
            "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
            + "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e"
            + "c0875924c1c7987947deafd8780acf49");

        var sealedText = new byte[text.Length + XChaCha20Poly1305.TagSize];
        XChaCha20Poly1305.Seal(sealedText, key, nonce, text, associatedData);
        Assert.Equal(expected, sealedText);

        var opened = new byte[text.Length];
        Assert.True(XChaCha20Poly1305.Open(opened, key, nonce, expected, associatedData));
        Assert.Equal(text, opened);
    }

    [Theory]
    [MemberData(nameof(AeadOracles.Backends), MemberType = typeof(AeadOracles))]
    public void Transport_packets_of_an_independent_implementation(string backend)
    {
        var aead = TransportAeadFactory.Create(backend);
        using var buffer = new AeadBuffer();
        var rows = Blake2sVectors.Rows(TransportVectors.Sealed).ToArray();
        Assert.Equal(28, rows.Length);
        for (var i = 0; i < rows.Length; i++)
        {
            var text = Hex.Pattern(int.Parse(rows[i][0]), i + 50);
            var packet = buffer.Place(Hex.Pattern(32, i), ulong.Parse(rows[i][1]), text);
            aead.SealOne(ref packet);
            Assert.Equal((text.Length, rows[i][2]), (text.Length, Hex.Text(buffer.Tag)));
            Assert.Equal((text.Length, rows[i][3]), (text.Length, Hex.Text(SHA256.HashData(buffer.TextAndTag))));
            Assert.True(aead.OpenOne(ref packet));
            Assert.Equal(text, buffer.Text.ToArray());
        }
    }

    [Fact]
    public void Handshake_and_XChaCha_refuse_forgeries_and_leave_nothing_behind()
    {
        byte[] key = Hex.Pattern(32, 1), nonce = Hex.Pattern(24, 2), text = Hex.Pattern(28, 3), associatedData = Hex.Pattern(32, 4);
        var handshake = new byte[text.Length + 16];
        var cookie = new byte[text.Length + 16];
        HandshakeAead.Seal(handshake, key, 0, text, associatedData);
        XChaCha20Poly1305.Seal(cookie, key, nonce, text, associatedData);
        for (var bit = 0; bit < handshake.Length * 8; bit++)
        {
            var opened = Hex.Pattern(text.Length, 9);
            handshake[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(HandshakeAead.Open(opened, key, 0, handshake, associatedData));
            Assert.Equal(new byte[text.Length], opened);
            handshake[bit / 8] ^= (byte)(1 << (bit % 8));

            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(XChaCha20Poly1305.Open(opened, key, nonce, cookie, associatedData));
            cookie[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        var good = new byte[text.Length];
        Assert.False(HandshakeAead.Open(good, key, 1, handshake, associatedData));
        Assert.False(HandshakeAead.Open(good, key, 0, handshake, default));
        Assert.False(XChaCha20Poly1305.Open(good, key, nonce, cookie, default));
        Assert.True(HandshakeAead.Open(good, key, 0, handshake, associatedData));
        Assert.True(XChaCha20Poly1305.Open(good, key, nonce, cookie, associatedData));
    }

    [Fact]
    public void An_empty_text_seals_to_its_tag_alone()
    {
        var tag = new byte[16];
        HandshakeAead.Seal(tag, Hex.Pattern(32, 1), 0, default, Hex.Pattern(32, 2));
        Assert.True(HandshakeAead.Open(default, Hex.Pattern(32, 1), 0, tag, Hex.Pattern(32, 2)));
        tag[0] ^= 1;
        Assert.False(HandshakeAead.Open(default, Hex.Pattern(32, 1), 0, tag, Hex.Pattern(32, 2)));
    }
}
