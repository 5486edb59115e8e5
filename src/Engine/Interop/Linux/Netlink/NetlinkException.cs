namespace WireGuard.Engine.Interop.Linux.Netlink;

/// <summary>A request that the kernel refused, with its own explanation where it gave one.</summary>
public sealed class NetlinkException(string request, int errorCode, string? kernelText = null)
    : LinuxException(request, errorCode, $"{request}: {Format(errorCode, kernelText)}")
{
    /// <summary>The extended acknowledgement's text, or null.</summary>
    public string? KernelText { get; } = kernelText;

    /// <summary>"Invalid argument (ipv4: Invalid prefix length)".</summary>
    public override string Reason => Format(ErrorCode, KernelText);

    private static string Format(int errorCode, string? kernelText) =>
        kernelText is null ? Describe(errorCode) : $"{Describe(errorCode)} ({kernelText})";
}
