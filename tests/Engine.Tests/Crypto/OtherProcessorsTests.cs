using System.Diagnostics;
using WireGuard.Engine.Crypto;

namespace WireGuard.Tests.Crypto;

/// <summary>The bulk AEAD's and BLAKE2s' tests once more, as on processors with less: the runtime is told to see fewer instructions.</summary>
public class OtherProcessorsTests
{
    [Theory]
    [InlineData("DOTNET_EnableAVX512", "avx512", "avx2")]
    [InlineData("DOTNET_EnableAVX2", "avx2", "vector128")]
    public async Task Crypto_is_right_without(string setting, string absent, string left)
    {
        if (!TransportAeadFactory.Available.Contains(absent))
            return;
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["vstest", typeof(OtherProcessorsTests).Assembly.Location, "--logger:console;verbosity=detailed",
            $"--TestCaseFilter:FullyQualifiedName~{nameof(TransportAeadTests)}|FullyQualifiedName~{nameof(TransportAeadBatchTests)}|FullyQualifiedName~{nameof(Blake2sTests)}"])
            start.ArgumentList.Add(argument);
        start.Environment[setting] = "0";
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = await child.StandardOutput.ReadToEndAsync();
        await child.WaitForExitAsync();

        Assert.True(child.ExitCode == 0, output + await errors);
        Assert.DoesNotContain($"backend: \"{absent}\"", output, StringComparison.Ordinal);
        Assert.Contains($"Passed WireGuard.Tests.Crypto.{nameof(TransportAeadTests)}.{nameof(TransportAeadTests.Agrees_with_the_scalar_twin_and_libsodium_at_every_length)}(backend: \"{left}\")", output, StringComparison.Ordinal);
        Assert.Contains($"Passed WireGuard.Tests.Crypto.{nameof(TransportAeadBatchTests)}.{nameof(TransportAeadBatchTests.Random_batches_agree_with_libsodium)}(backend: \"{left}\")", output, StringComparison.Ordinal);
        Assert.Contains($"Passed WireGuard.Tests.Crypto.{nameof(Blake2sTests)}.", output, StringComparison.Ordinal);
    }
}
