using WireGuard.Engine.Crypto;
using WireGuard.Tests.Vectors;

namespace WireGuard.Tests.Crypto;

public class HkdfTests
{
    [Fact]
    public void Hmac_agrees_with_an_independent_implementation()
    {
        var rows = Blake2sVectors.Rows(Blake2sVectors.Hmacs).ToArray();
        Assert.Equal(7, rows.Length);
        foreach (var row in rows)
        {
            var mac = new byte[32];
            HmacBlake2s.Compute(mac, Hex.Pattern(int.Parse(row[0]), 3), Hex.Pattern(int.Parse(row[1]), 9));
            Assert.Equal(row[2], Hex.Text(mac));
        }
    }

    [Fact]
    public void Kdf1_2_and_3_agree_with_an_independent_implementation()
    {
        var rows = Blake2sVectors.Rows(Blake2sVectors.Kdfs).ToArray();
        Assert.Equal(3, rows.Length);
        foreach (var row in rows)
        {
            byte[] key = Hex.Pattern(int.Parse(row[0]), 3), input = Hex.Pattern(int.Parse(row[1]), 9);
            byte[] t1 = new byte[32], t2 = new byte[32], t3 = new byte[32];
            Hkdf.Kdf1(t1, key, input);
            Assert.Equal(row[2], Hex.Text(t1));

            Array.Clear(t1);
            Hkdf.Kdf2(t1, t2, key, input);
            Assert.Equal((row[2], row[3]), (Hex.Text(t1), Hex.Text(t2)));

            Array.Clear(t1);
            Array.Clear(t2);
            Hkdf.Kdf3(t1, t2, t3, key, input);
            Assert.Equal((row[2], row[3], row[4]), (Hex.Text(t1), Hex.Text(t2), Hex.Text(t3)));
        }
    }

    [Fact]
    public void Outputs_may_lie_over_key_and_input()
    {
        byte[] key = Hex.Pattern(32, 1), input = Hex.Pattern(32, 2);
        byte[] t1 = new byte[32], t2 = new byte[32], t3 = new byte[32];
        Hkdf.Kdf3(t1, t2, t3, key, input);
        var last = new byte[32];
        Hkdf.Kdf3(key, input, last, key, input);
        Assert.Equal((Hex.Text(t1), Hex.Text(t2), Hex.Text(t3)), (Hex.Text(key), Hex.Text(input), Hex.Text(last)));
    }

    [Fact]
    public void Outputs_of_another_length_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Hkdf.Kdf1(new byte[16], new byte[32], default));
        Assert.Throws<ArgumentException>(() => Hkdf.Kdf2(new byte[32], default, new byte[32], default));
        Assert.Throws<ArgumentException>(() => Hkdf.Kdf3(new byte[32], new byte[32], new byte[31], new byte[32], default));
    }
}
