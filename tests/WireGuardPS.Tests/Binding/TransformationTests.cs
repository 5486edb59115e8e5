using System.Net;
using System.Security;
using WireGuard.Api;
using WireGuard.Binding;
using WireGuard.Errors;

namespace WireGuard.Tests.Binding;

public sealed class TransformationTests
{
    [Fact]
    public void A_string_becomes_a_SecureString_that_remembers_it()
    {
        var secure = Assert.IsType<SecureString>(KeyTransformationAttribute.Transform(Keys.Private));

        Assert.True(SecretText.CameAsPlainText(secure));
        using var key = SecretText.ToKey(secure, "private key");
        Assert.Equal(Keys.Private, key.ToBase64());
    }

    [Fact]
    public void A_SecureString_stays_what_it_is()
    {
        var secure = SecretText.ToSecureString(Keys.Private);

        Assert.Same(secure, KeyTransformationAttribute.Transform(secure));
        Assert.False(SecretText.CameAsPlainText(secure));
    }

    [Fact]
    public void Keys_survive_the_way_there_and_back()
    {
        using var key = SecretKey.Random();
        var secure = SecretText.ToSecureString(key);
        using var again = SecretText.ToKey(secure, "key");

        Assert.True(secure.IsReadOnly());
        Assert.Equal(key, again);
    }

    [Fact]
    public void A_bad_key_is_not_repeated()
    {
        var exception = Assert.Throws<WgException>(() => SecretText.ToKey(SecretText.ToSecureString("hunter2"), "private key"));

        Assert.Equal(ErrorIds.InvalidKey, exception.ErrorId);
        Assert.DoesNotContain("hunter2", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void End_points_become_text()
    {
        Assert.Equal("192.0.2.1:5", EndpointTransformationAttribute.Transform(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 5)));
        Assert.Equal("[2001:db8::1]:5", EndpointTransformationAttribute.Transform(new IPEndPoint(IPAddress.Parse("2001:db8::1"), 5)));
        Assert.Equal("host:5", EndpointTransformationAttribute.Transform(new DnsEndPoint("host", 5)));
        Assert.Equal("as it is", EndpointTransformationAttribute.Transform("as it is"));
    }

    [Theory]
    [InlineData(10, 10_000)]
    [InlineData(0.5, 500)]
    [InlineData("2.5", 2_500)]
    [InlineData((byte)1, 1_000)]
    public void A_bare_number_counts_seconds(object number, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), DurationTransformationAttribute.Transform(number));

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("1.5h", 5_400)]
    [InlineData("30d", 2_592_000)]
    public void A_number_with_a_unit_counts_that(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), DurationTransformationAttribute.Transform(text));

    [Fact]
    public void Digits_that_PowerShell_took_for_a_number_are_a_code()
    {
        var code = Assert.IsType<SecureString>(CodeTransformationAttribute.Transform(493027));

        Assert.True(SecretText.CameAsPlainText(code));
        Assert.Equal("493027\n"u8, SecretText.ToUtf8Line(code));
        Assert.Same(code, CodeTransformationAttribute.Transform(code));
        Assert.True(SecretText.CameAsPlainText(Assert.IsType<SecureString>(CodeTransformationAttribute.Transform("493 027"))));
    }

    [Theory]
    [InlineData("1x")]
    [InlineData("soon")]
    [InlineData("-1d")]
    [InlineData("d")]
    public void A_text_that_is_no_duration_is_not_left_to_PowerShell(string text) =>
        Assert.Throws<System.Management.Automation.ArgumentTransformationMetadataException>(() => DurationTransformationAttribute.Transform(text));

    [Theory]
    [InlineData("00:00:10")]
    [InlineData(double.NaN)]
    [InlineData(1e300)]
    public void Anything_else_is_left_to_PowerShell(object value) => Assert.Equal(value, DurationTransformationAttribute.Transform(value));

    [Fact]
    public void Timeouts_are_more_than_nothing_and_at_most_a_day()
    {
        Assert.True(ValidateTimeoutAttribute.IsValid(TimeSpan.FromMilliseconds(1)));
        Assert.True(ValidateTimeoutAttribute.IsValid(TimeSpan.FromDays(1)));
        Assert.False(ValidateTimeoutAttribute.IsValid(TimeSpan.Zero));
        Assert.False(ValidateTimeoutAttribute.IsValid(TimeSpan.FromSeconds(-1)));
        Assert.False(ValidateTimeoutAttribute.IsValid(TimeSpan.MaxValue));
    }
}
