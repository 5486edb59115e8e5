using System.Runtime.InteropServices;

namespace WireGuard.Engine.Interop.Linux;

/// <summary>A system call that failed: "ioctl(TUNSETIFF): Device or resource busy".</summary>
public class LinuxException : Exception
{
    public LinuxException(string call, int errorCode)
        : this(call, errorCode, $"{call}: {Describe(errorCode)}")
    {
    }

    protected LinuxException(string call, int errorCode, string message)
        : base(message)
    {
        Call = call;
        ErrorCode = errorCode;
    }

    /// <summary>The call's name, with the operation for calls that have many.</summary>
    public string Call { get; }

    /// <summary>errno.</summary>
    public int ErrorCode { get; }

    /// <summary>The error's text without the call.</summary>
    public virtual string Reason => Describe(ErrorCode);

    /// <summary>strerror(3).</summary>
    public static string Describe(int errorCode) => Marshal.GetPInvokeErrorMessage(errorCode);

    /// <summary>For the call that just failed on this thread.</summary>
    internal static LinuxException FromLastError(string call) => new(call, Marshal.GetLastPInvokeError());
}
