using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using WireGuard.Api;
using WireGuard.Engine.Interop.Linux;

namespace WireGuard.Engine.Hosting.Linux;

/// <summary>
/// The started side of `up`: leaves its parent's session, tells over the pipe on standard output whether it is ready,
/// then lets go of the parent's descriptors. Nothing in a detached engine may use <see cref="Console"/>, which would
/// keep a second copy of the pipe.
/// </summary>
internal static class DetachedChild
{
    /// <summary>Tells progress from what a failing engine says on the same pipe.</summary>
    internal const string ProgressMark = "waiting: ";

    /// <summary>Call first thing, with paths made absolute before.</summary>
    public static void Enter()
    {
        // Fails only for a process group's leader, which then has no terminal's job control above it either way.
        _ = ProcessCalls.StartSession();
        Directory.SetCurrentDirectory("/");
    }

    /// <summary>Tells the parent what the start waits for.</summary>
    public static void Tell(string progress)
    {
        try
        {
            using var errors = new FileStream(new SafeFileHandle(2, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            errors.Write(Encoding.UTF8.GetBytes(ProgressMark + progress + "\n"));
        }
        catch (IOException)
        {
            // Nobody listens.
        }
    }

    /// <summary>Writes the one line that the parent waits for and drops standard input, output and error.</summary>
    public static void Report(StartReport report)
    {
        try
        {
            using var output = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            output.Write([.. ToJson(report), (byte)'\n']);
        }
        catch (IOException)
        {
            // The parent gave up; it ends us itself.
        }

        ProcessCalls.DropStandardStreams();
    }

    /// <summary>What the serialiser would write. It takes ten milliseconds to get going, and somebody waits for this line.</summary>
    internal static byte[] ToJson(StartReport report)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("ready"u8, report.Ready);
            WriteUnlessNull(json, "tunnel"u8, report.Tunnel);
            json.WriteNumber("processId"u8, report.ProcessId);
            WriteUnlessNull(json, "errorId"u8, report.ErrorId);
            WriteUnlessNull(json, "message"u8, report.Message);
            if (report.Warnings is { } warnings)
            {
                json.WriteStartArray("warnings"u8);
                foreach (var warning in warnings)
                    json.WriteStringValue(warning);
                json.WriteEndArray();
            }

            if (report.LeaseEnds is { } ends)
                json.WriteString("leaseEnds"u8, ends);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteUnlessNull(Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
