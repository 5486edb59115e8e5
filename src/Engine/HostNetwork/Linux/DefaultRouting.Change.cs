using System.Net.Sockets;
using static WireGuard.Engine.Interop.Linux.Netlink.RouteConstants;

namespace WireGuard.Engine.HostNetwork;

/// <summary>Another mark, other addresses, while packets go through.</summary>
internal sealed partial class DefaultRouting
{
    /// <summary>Firewall, rules and datagrams follow the settings. A failure leaves all as it was.</summary>
    /// <returns>Takes it back.</returns>
    /// <exception cref="HostNetworkException"/>
    public Action Change(HostNetworkSettings wanted)
    {
        var (before, mark) = (_settings, _mark);
        ChangeAddresses(wanted);
        try
        {
            if (wanted.FwMark != before.FwMark)
                ChangeMark(wanted.FwMark, wanted.UseMark, static () => { });
        }
        catch
        {
            ChangeAddresses(before);
            throw;
        }

        return () =>
        {
            if (wanted.FwMark != before.FwMark)
                RestoreMark(mark, before);
            ChangeAddresses(before);
        };
    }

    private void RestoreMark(uint mark, HostNetworkSettings before)
    {
        // Which may be one that the file did not name.
        ChangeMark(_marked ? mark : before.FwMark, before.UseMark, static () => { });
        (_mark, _settings) = (mark, _settings with { FwMark = before.FwMark });
    }

    /// <param name="mark">The file's or somebody's own; 0: none.</param>
    /// <param name="use">Has the datagrams carry it.</param>
    /// <exception cref="HostNetworkException"/>
    /// <param name="then">When it throws, the mark is as it was.</param>
    public void ChangeMark(uint mark, Action<uint> use, Action then)
    {
        if (_marked)
        {
            using var alone = Lock();
            MoveMark(mark != 0 ? mark : _mark, use, then);
        }
        else
        {
            SwapMark(mark, _settings.FwMark, use, then);
            // The next default route looks for numbers anew.
            _mark = 0;
        }

        _settings = _settings with { FwMark = mark };
    }

    private void ChangeAddresses(HostNetworkSettings wanted)
    {
        var same = wanted.Addresses.SequenceEqual(_settings.Addresses);
        var before = _settings;
        _settings = wanted with { FwMark = before.FwMark };
        if (same)
            return;
        try
        {
            RenewFirewall();
        }
        catch
        {
            _settings = before;
            throw;
        }
    }

    /// <summary>No datagram goes into its own tunnel on the way: whatever carries the new mark is led past it first.</summary>
    private void MoveMark(uint next, Action<uint> use, Action then)
    {
        if (next == _mark)
        {
            use(next);
            then();
            return;
        }

        var old = _mark;
        var undo = new Stack<Action>();
        var bridges = new List<PolicyRule>();
        try
        {
            foreach (var family in _rules.Keys)
            {
                bridges.Add(new PolicyRule(family, FreePriority(family), RT_TABLE_MAIN, null, next));
                changes.Add(bridges[^1]);
            }

            undo.Push(() => SetKillSwitch(old));
            SetKillSwitch(old, next);
            use(next);
            undo.Push(() => use(old));
            _mark = next;
            undo.Push(RenewFirewall);
            undo.Push(() => _mark = old);
            RenewFirewall();
            foreach (var family in _rules.Keys.ToList())
                MoveRules(family, next, undo);
            SetKillSwitch(next);
            then();
        }
        catch
        {
            TakeBack(undo);
            throw;
        }
        finally
        {
            foreach (var bridge in bridges)
                Try(() => changes.Remove(bridge));
        }
    }

    private void RenewFirewall()
    {
        if (_prepared.Count > 0)
            SetFirewall(_prepared);
    }

    private void SetKillSwitch(params uint[] marks)
    {
        if (_settings.Choices.KillSwitch)
            changes.Set(KillSwitch.Create(_settings.InterfaceName, _settings.Choices, marks));
    }

    private static void SwapMark(uint next, uint old, Action<uint> use, Action then)
    {
        use(next);
        try
        {
            then();
        }
        catch
        {
            use(old);
            throw;
        }
    }

    private void MoveRules(AddressFamily family, uint next, Stack<Action> undo)
    {
        var before = _rules[family];
        undo.Push(() => _rules[family] = before);
        foreach (var rule in before.Where(rule => rule.ExceptMark is not null))
        {
            var moved = rule with { ExceptMark = next };
            changes.Add(moved);
            undo.Push(() => changes.Remove(moved));
            changes.Remove(rule);
            undo.Push(() => changes.Add(rule));
            _rules[family] = [.. _rules[family].Where(r => r != rule), moved];
        }
    }

    private void TakeBack(Stack<Action> undo)
    {
        while (undo.TryPop(out var step))
            Try(step);
    }

    private void Try(Action step)
    {
        try
        {
            step();
        }
        catch (HostNetworkException failure)
        {
            // What led here is the one to tell; what is left stays in the journal.
            log.Warning(failure.Message);
        }
    }
}
