using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Text.Json;

namespace WireGuard.Tests;

/// <summary>
/// A network namespace of the test's own: `ip netns add` with a name that holds the process id, loopback up. Programs and C# code
/// run inside it; <see cref="Dispose"/> ends what was started, waits for threads and deletes it with everything in it.
/// </summary>
/// <example><code>
/// using var a = NetworkNamespace.Create();
/// using var b = NetworkNamespace.Create();
/// a.ConnectTo(b, "eth0", ["10.1.0.1/24"], "eth0", ["10.1.0.2/24"]);
/// a.Run("ping", "-c", "1", "10.1.0.2");
/// using var tun = a.Invoke(() => LinuxTunDevice.Create("wg0", null, EngineLog.None));
/// </code></example>
public sealed class NetworkNamespace : IDisposable
{
    private static readonly HashSet<NetworkNamespace> s_alive = [];
    private static int s_count;

    private readonly Lock _lock = new();
    private readonly List<Process> _processes = [];
    private readonly List<Thread> _threads = [];
    private bool _deleted;

    static NetworkNamespace() => AppDomain.CurrentDomain.ProcessExit += (_, _) => DisposeAll();

    private NetworkNamespace(string name) => Name = name;

    /// <summary>"wgt-PID-N", as `ip netns` knows it.</summary>
    public string Name { get; }

    /// <summary>The file that setns(2) takes.</summary>
    public string Path => $"/run/netns/{Name}";

    /// <exception cref="InvalidOperationException">`ip` refused, in its own words.</exception>
    public static NetworkNamespace Create()
    {
        var netns = new NetworkNamespace($"wgt-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}");
        ProcessResult.Run("ip", ["netns", "add", netns.Name]).EnsureSuccess();
        lock (s_alive)
            s_alive.Add(netns);
        try
        {
            netns.Ip("link", "set", "lo", "up");
            return netns;
        }
        catch
        {
            netns.Dispose();
            throw;
        }
    }

    /// <summary>Joins two namespaces by a veth pair that is up and has these addresses ("10.1.0.1/24", "fd00::1/64").</summary>
    public void ConnectTo(NetworkNamespace other, string ownInterface, string[] ownAddresses, string otherInterface, string[] otherAddresses)
    {
        Ip("link", "add", ownInterface, "type", "veth", "peer", "name", otherInterface, "netns", other.Name);
        Configure(this, ownInterface, ownAddresses);
        Configure(other, otherInterface, otherAddresses);

        static void Configure(NetworkNamespace netns, string link, string[] addresses)
        {
            foreach (var address in addresses)
                netns.Ip(address.Contains(':') ? ["addr", "add", address, "dev", link, "nodad"] : ["addr", "add", address, "dev", link]);
            netns.Ip("link", "set", link, "up");
        }
    }

    /// <summary>`ip -n NAME ...`; throws with its words when it fails.</summary>
    public ProcessResult Ip(params string[] arguments) => ProcessResult.Run("ip", ["-n", Name, .. arguments]).EnsureSuccess();

    /// <summary>`ip -n NAME -j ...`, for reading addresses, routes and links back; without the empty objects that ip leaves for what it filtered out.</summary>
    public IReadOnlyList<JsonElement> IpJson(params string[] arguments)
    {
        var output = ProcessResult.Run("ip", ["-n", Name, "-d", "-j", .. arguments]).EnsureSuccess().Output;
        using var document = JsonDocument.Parse(string.IsNullOrWhiteSpace(output) ? "[]" : output);
        return [.. document.RootElement.Clone().EnumerateArray().Where(element => element.EnumerateObject().Any())];
    }

    /// <summary>Runs a program inside to its end; throws with what it wrote when it fails.</summary>
    public ProcessResult Run(string program, params string[] arguments) => TryRun(program, arguments).EnsureSuccess();

    /// <summary>Runs a program inside to its end, whatever that is.</summary>
    public ProcessResult TryRun(string program, params string[] arguments) =>
        ProcessResult.Run("ip", ["netns", "exec", Name, program, .. arguments]);

    /// <summary>Starts a program inside; it is killed at the latest when the namespace is disposed.</summary>
    public Process Start(string program, params string[] arguments) => Start(program, arguments, null);

    /// <inheritdoc cref="Start(string, string[])"/>
    /// <param name="environment">Variables to add.</param>
    public Process Start(string program, string[] arguments, IReadOnlyDictionary<string, string>? environment)
    {
        // `ip netns exec` replaces itself by the program, so the process is the program's.
        var start = ProcessResult.StartInfo("ip", ["netns", "exec", Name, program, .. arguments]);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        lock (_lock)
            _processes.Add(process);
        return process;
    }

    /// <summary>Runs C# code inside, on a thread of its own. Threads that it makes are inside too; the thread pool is not.</summary>
    public void Invoke(Action action) => Invoke(() =>
    {
        action();
        return true;
    });

    /// <inheritdoc cref="Invoke(Action)"/>
    public T Invoke<T>(Func<T> function)
    {
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                NamespaceCalls.Enter(Path);
                result = function();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true, Name = Name };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    /// <summary>
    /// Runs C# code inside beside the test. The task ends with it and carries its failure. The code has to end by itself
    /// before the namespace is disposed, which waits for it.
    /// </summary>
    public Task InvokeInBackground(Action action)
    {
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                NamespaceCalls.Enter(Path);
                action();
                completion.SetResult();
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        })
        { IsBackground = true, Name = Name };
        lock (_lock)
            _threads.Add(thread);
        thread.Start();
        return completion.Task;
    }

    /// <summary>Safe to call twice. Goes on whatever fails, so that nothing is left behind.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_deleted)
                return;
            _deleted = true;
        }
        foreach (var process in _processes)
            End(process);
        foreach (var thread in _threads)
            thread.Join(TimeSpan.FromSeconds(10));
        lock (s_alive)
            s_alive.Remove(this);
        _ = ProcessResult.Run("ip", ["netns", "del", Name]);
    }

    public override string ToString() => Name;

    private static void End(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It ended by itself, or the test has disposed it.
        }
        finally
        {
            process.Dispose();
        }
    }

    private static void DisposeAll()
    {
        NetworkNamespace[] left;
        lock (s_alive)
            left = [.. s_alive];
        foreach (var netns in left)
            netns.Dispose();
    }
}
