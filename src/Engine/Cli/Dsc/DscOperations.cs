using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WireGuard.Engine.Control;

namespace WireGuard.Engine.Cli.Dsc;

/// <summary>The operations of a resource over the standard streams.</summary>
internal sealed class DscOperations<T>(IDscResource<T> resource, JsonTypeInfo<T> type)
    where T : class, IDisposable
{
    private const int MaxInput = 1024 * 1024;

    public void Get()
    {
        using var desired = Read();
        Write(resource.Get(desired));
    }

    public void Test()
    {
        using var desired = Read();
        var actual = resource.Get(desired);
        resource.Check(desired);
        Write(actual);
        Write(resource.Compare(desired, actual));
    }

    public void Set(bool whatIf)
    {
        using var desired = Read();
        var actual = resource.Get(desired);
        resource.Check(desired);
        var different = resource.Compare(desired, actual);
        if (whatIf)
        {
            Write(different.Count > 0 ? resource.Predict(desired, actual) : actual);
        }
        else
        {
            if (different.Count > 0)
                resource.Set(desired, actual);
            Write(resource.Get(desired));
        }

        Write(different);
    }

    public void Delete()
    {
        using var desired = Read();
        var absent = resource.Absent(desired);
        var actual = resource.Get(absent);
        if (resource.Compare(absent, actual).Count > 0)
            resource.Set(absent, actual);
    }

    public void Export()
    {
        foreach (var state in resource.Export())
            Write(state);
    }

    // There may be keys in it, which never become a string.
    private T Read()
    {
        using var input = Console.OpenStandardInput();
        using var text = new SecretBufferWriter(4096);
        for (int count; (count = input.Read(text.GetSpan(4096))) > 0;)
        {
            text.Advance(count);
            if (text.Written.Length > MaxInput)
                throw new CommandException(ExitCode.Usage, $"The desired state is longer than {MaxInput} bytes.");
        }

        try
        {
            return JsonSerializer.Deserialize(text.Written.Span, type) ?? throw new CommandException(ExitCode.Usage, "The desired state on standard input is null.");
        }
        catch (JsonException failure)
        {
            throw new CommandException(ExitCode.Usage, $"The desired state on standard input is not one of this resource's, at {failure.Path ?? "$"}, line {failure.LineNumber + 1}.", failure);
        }
    }

    private void Write(T state) => Write(JsonSerializer.SerializeToUtf8Bytes(state, type));

    private static void Write(IReadOnlyList<string> properties) => Write(JsonSerializer.SerializeToUtf8Bytes(properties, DscJsonContext.Readable.IReadOnlyListString));

    private static void Write(byte[] line)
    {
        using var output = Console.OpenStandardOutput();
        output.Write([.. line, (byte)'\n']);
    }
}
