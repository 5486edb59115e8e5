using WireGuard.Engine.Crypto;
using WireGuard.Engine.Enrollment;
using WireGuard.Tests.Crypto;

namespace WireGuard.Tests.Enrollment;

/// <summary>The vectors that draft-irtf-cfrg-cpace publishes for ristretto255 with SHA-512, and what they do not cover.</summary>
public sealed class CPaceTests
{
    private static readonly byte[] s_password = "Password"u8.ToArray();
    private static readonly byte[] s_channel = "\u000bA_initiator\u000bB_responder"u8.ToArray();
    private static readonly byte[] s_session = Hex.Bytes("7e4b4791d6a8ef019b936c79fb7f2c57");
    private static readonly byte[] s_scalarA = Hex.Bytes("da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08");
    private static readonly byte[] s_shareA = Hex.Bytes("d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157");
    private static readonly byte[] s_scalarB = Hex.Bytes("d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d");
    private static readonly byte[] s_shareB = Hex.Bytes("3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258");
    private static readonly byte[] s_dataA = "ADa"u8.ToArray();
    private static readonly byte[] s_dataB = "ADb"u8.ToArray();

    [Fact]
    public void The_generator_is_the_drafts()
    {
        var generator = new byte[32];
        CPace.Generator(generator, s_password, s_channel, s_session);
        Assert.Equal("222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56", Hex.Text(generator));
    }

    [Fact]
    public void The_shares_are_the_drafts()
    {
        var share = new byte[CPace.ShareSize];
        CPace.MakeShare(share, s_scalarA, s_password, s_channel, s_session);
        Assert.Equal(s_shareA, share);
        CPace.MakeShare(share, s_scalarB, s_password, s_channel, s_session);
        Assert.Equal(s_shareB, share);
    }

    [Fact]
    public void Both_sides_come_to_the_drafts_key()
    {
        var key = new byte[CPace.KeySize];
        Assert.True(CPace.MakeKey(key, s_scalarA, s_shareB, s_session, new(s_shareA, s_dataA), new(s_shareB, s_dataB)));
        Assert.Equal(
            "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447",
            Hex.Text(key));
        var other = new byte[CPace.KeySize];
        Assert.True(CPace.MakeKey(other, s_scalarB, s_shareA, s_session, new(s_shareA, s_dataA), new(s_shareB, s_dataB)));
        Assert.Equal(key, other);
    }

    [Fact]
    public void The_secret_point_is_the_drafts()
    {
        var point = new byte[32];
        Assert.True(Ristretto255.Multiply(point, s_scalarA, s_shareB));
        Assert.Equal("80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f", Hex.Text(point));
    }

    [Fact]
    public void A_scalar_times_an_element_is_the_drafts()
    {
        var point = new byte[32];
        Assert.True(Ristretto255.Multiply(
            point,
            Hex.Bytes("7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05"),
            Hex.Bytes("2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")));
        Assert.Equal("7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e", Hex.Text(point));
    }

    // The draft's Y_i1 and Y_i2; then encodings that RFC 9496, appendix A.3, refuses: not canonical, negative, no square.
    [Theory]
    [InlineData("2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371")]
    public void A_share_that_is_no_element_aborts_and_leaves_no_key(string share)
    {
        var key = Hex.Pattern(CPace.KeySize, 1);
        var bytes = Hex.Bytes(share);
        Assert.False(CPace.MakeKey(key, s_scalarA, bytes, s_session, new(s_shareA, s_dataA), new(bytes, s_dataB)));
        Assert.Equal(new byte[CPace.KeySize], key);
    }

    [Fact]
    public void Any_input_that_differs_gives_another_key()
    {
        Assert.True(Agree("Password", "ci", "sid", "ADa", "ADa"));
        Assert.False(Agree("Passwore", "ci", "sid", "ADa", "ADa"));
        Assert.False(Agree("Password", "cj", "sid", "ADa", "ADa"));
        Assert.False(Agree("Password", "ci", "sie", "ADa", "ADa"));
        Assert.False(Agree("Password", "ci", "sid", "ADa", "ADc"));
    }

    // Where one string ends and the next begins counts.
    [Fact]
    public void Strings_do_not_run_into_each_other()
    {
        byte[] one = new byte[32], other = new byte[32];
        CPace.Generator(one, "12"u8, "345"u8, "6"u8);
        CPace.Generator(other, "12"u8, "34"u8, "56"u8);
        Assert.NotEqual(one, other);
        CPace.Generator(other, "123"u8, "45"u8, "6"u8);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void A_scalar_has_252_bits()
    {
        var scalar = Hex.Pattern(CPace.ScalarSize, 0xF8);
        scalar[31] = 0xFF;
        CPace.Clamp(scalar);
        Assert.Equal(0x0F, scalar[31]);
        Assert.Equal(0xF8, scalar[0]);
    }

    [Fact]
    public void Lengths_are_the_drafts()
    {
        Span<byte> buffer = new byte[200];
        var writer = new LengthValueWriter(buffer);
        writer.Add("1234"u8);
        writer.Add("5"u8);
        writer.Add([]);
        writer.Add("678"u8);
        Assert.Equal("043132333401350003363738", Hex.Text(writer.Written));

        writer = new LengthValueWriter(buffer);
        writer.Add(new byte[128]);
        Assert.Equal(LengthValueWriter.SizeOf(128), writer.Written.Length);
        Assert.Equal("8001", Hex.Text(writer.Written[..2]));
        Assert.Equal(128, LengthValueWriter.SizeOf(127));
    }

    [Fact]
    public void SHA512_of_abc_is_the_RFCs()
    {
        var digest = new byte[Sha512.Size];
        Sha512.Hash(digest, "abc"u8);
        Assert.Equal(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            Hex.Text(digest));
    }

    // What the two sides believe: password, channel and session of the responder, and the data that the initiator sent.
    private static bool Agree(string password, string channel, string session, string sent, string seen)
    {
        static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);
        byte[] shareA = new byte[32], shareB = new byte[32], keyA = new byte[64], keyB = new byte[64];
        CPace.MakeShare(shareA, s_scalarA, "Password"u8, "ci"u8, "sid"u8);
        CPace.MakeShare(shareB, s_scalarB, Bytes(password), Bytes(channel), Bytes(session));
        Assert.True(CPace.MakeKey(keyA, s_scalarA, shareB, "sid"u8, new(shareA, Bytes(sent)), new(shareB, s_dataB)));
        Assert.True(CPace.MakeKey(keyB, s_scalarB, shareA, Bytes(session), new(shareA, Bytes(seen)), new(shareB, s_dataB)));
        return keyA.AsSpan().SequenceEqual(keyB);
    }
}
