using Microsoft.Win32.SafeHandles;
using Sandbox.Cli.Interop;
using Sandbox.Cli.Terminal;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Cli;

public sealed class RawTerminalTests : IDisposable
{
    private const uint LineEditing = 0x1 | 0x2 | 0x8; // ISIG ICANON ECHO

    private readonly PseudoTerminal _terminal = new();
    private readonly Sandbox.Cli.Interop.TerminalModes _before;

    public RawTerminalTests() => _before = _terminal.Modes;

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public void Every_key_goes_through_as_it_is_until_the_end()
    {
        using (var raw = new RawTerminal(_terminal.Slave))
        {
            Assert.Equal(0, raw.Enter());

            Assert.Equal(3, Libc.Write(_terminal.Master, "\u0003\r\u001a"u8));
            var keys = new byte[8];
            Assert.Equal(3, Libc.Read(_terminal.Slave, keys));
            Assert.Equal("\u0003\r\u001a"u8.ToArray(), keys[..3]);
        }

        AssertAsBefore();
    }

    [Fact]
    public void Output_is_not_translated_either()
    {
        using var raw = new RawTerminal(_terminal.Slave);
        raw.Enter();

        Libc.WriteAll(_terminal.Slave, "a\nb"u8);

        var shown = new byte[8];
        Assert.Equal(3, Libc.Read(_terminal.Master, shown));
        Assert.Equal("a\nb"u8.ToArray(), shown[..3]);
    }

    [Fact]
    public void A_stop_gives_it_back_and_a_continuation_takes_it_again()
    {
        using var raw = new RawTerminal(_terminal.Slave);
        raw.Enter();

        raw.Leave();
        AssertAsBefore();
        raw.Enter();

        Assert.Equal(0u, _terminal.Modes.Local & LineEditing);
    }

    // kill -STOP leaves no time to put it back: what is found raw afterwards is not what it was before.
    [Fact]
    public void A_stop_by_force_does_not_make_raw_the_state_to_go_back_to()
    {
        var raw = new RawTerminal(_terminal.Slave);
        raw.Enter();

        raw.Enter();
        raw.Dispose();

        AssertAsBefore();
    }

    [Fact]
    public void What_the_user_changed_during_a_stop_is_kept()
    {
        var raw = new RawTerminal(_terminal.Slave);
        raw.Enter();
        raw.Leave();
        var changed = _before;
        changed.Local &= ~0x8u;
        TerminalDevice.SetModes(_terminal.Slave, changed);

        raw.Enter();
        raw.Dispose();

        Assert.Equal(changed.Local, _terminal.Modes.Local);
    }

    [Fact]
    public void Once_it_is_over_nothing_makes_it_raw_again()
    {
        var raw = new RawTerminal(_terminal.Slave);
        raw.Enter();
        raw.Dispose();

        Assert.Equal(0, raw.Enter());

        AssertAsBefore();
    }

    [Fact]
    public void What_is_no_terminal_is_told_by_errno()
    {
        Assert.Equal(0, Libc.OpenReadWrite("/dev/null\0"u8, out var file));
        using SafeFileHandle nothing = file;
        using var raw = new RawTerminal(nothing);

        Assert.Equal("ENOTTY", Errno.Name(-raw.Enter()));
    }

    [Fact]
    public void A_window_has_the_size_it_was_given()
    {
        Assert.Null(TerminalDevice.WindowOf(_terminal.Slave));

        Assert.Equal(0, Libc.Resize(_terminal.Master, new TerminalSize(40, 100)));

        Assert.Equal((40, 100), TerminalDevice.WindowOf(_terminal.Slave));
    }

    private void AssertAsBefore()
    {
        var now = _terminal.Modes;
        Assert.Equal((_before.Input, _before.Output, _before.Control, _before.Local), (now.Input, now.Output, now.Control, now.Local));
        Assert.Equal(((ReadOnlySpan<byte>)_before.ControlCharacters).ToArray(), ((ReadOnlySpan<byte>)now.ControlCharacters).ToArray());
    }
}
