using System.Text.Encodings.Web;
using System.Text.Json;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>What is told beside the result: a JSON object a line on standard error, its one member being the level.</summary>
internal static class DscMessages
{
    public static void Error(string message) => Write("error", message);

    public static void Warning(string message) => Write("warn", message);

    private static void Write(string level, string message)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString(level, message);
            json.WriteEndObject();
        }

        line.WriteByte((byte)'\n');
        using var error = Console.OpenStandardError();
        line.WriteTo(error);
    }
}
