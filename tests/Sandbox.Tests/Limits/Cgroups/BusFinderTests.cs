using System.Net.Sockets;
using Sandbox.Interop;
using Sandbox.Resources.Limits.Cgroups;
using Xunit;

namespace Sandbox.Tests.Limits.Cgroups;

public sealed class BusFinderTests : IDisposable
{
    private static readonly uint s_caller = Libc.EffectiveUid();
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public BusFinderTests() => _listener.Bind(new UnixDomainSocketEndPoint(Socket));

    private string Socket => $"{_directory.Path}/bus";

    public void Dispose()
    {
        _listener.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void The_session_variable_comes_first()
    {
        var address = Finder($"unix:path={Socket},guid=0123", "/nowhere").Find(out var reason);

        Assert.Equal(Socket, address?.Socket);
        Assert.Equal("", reason);
    }

    [Fact]
    public void The_runtime_directory_comes_second()
    {
        var address = Finder("", _directory.Path).Find(out _);

        Assert.Equal(Socket, address?.Socket);
    }

    [Fact]
    public void The_directory_of_the_user_comes_last()
    {
        var directory = Directory.CreateDirectory($"{_directory.Path}/{s_caller}").FullName;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"{directory}/bus"));

        var address = new BusFinder(_ => null, _directory.Path, s_caller).Find(out _);

        Assert.Equal($"{directory}/bus", address?.Socket);
    }

    [Fact]
    public void Escapes_in_an_address_are_undone()
    {
        var address = Finder($"unix:path={_directory.Path.Replace("-", "%2d", StringComparison.Ordinal)}/%62us", "").Find(out _);

        Assert.Equal(Socket, address?.Socket);
    }

    [Fact]
    public void The_first_usable_address_of_a_list_is_taken()
    {
        var address = Finder($"tcp:host=localhost,port=1;unix:path=/nowhere;unix:path={Socket}", "").Find(out _);

        Assert.Equal(Socket, address?.Socket);
    }

    [Theory]
    [InlineData("tcp:host=localhost,port=1", "is not a Unix socket")]
    [InlineData("unixexec:path=/bin/false", "is not a Unix socket")]
    [InlineData("autolaunch:", "is not a Unix socket")]
    [InlineData("unix:path", "is not a Unix socket")]
    [InlineData("unix:path=/nowhere/bus", "does not exist")]
    [InlineData("unix:path=/dev/null", "is not a socket")]
    [InlineData("unix:path=/dev/null/bus", "cannot be looked at (ENOTDIR)")]
    public void An_address_of_no_use_is_told_with_its_problem(string given, string problem)
    {
        var address = Finder(given, _directory.Path).Find(out var reason);

        Assert.Null(address);
        Assert.StartsWith($"no user bus: of DBUS_SESSION_BUS_ADDRESS, {given} {problem}", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_no_socket_can_have_is_refused_before_it_is_used()
    {
        Assert.Null(Finder($"unix:path=/{new string('a', 107)}", "").Find(out var reason));

        Assert.EndsWith("is longer than the 107 bytes of a socket's name", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_bus_of_another_user_is_refused()
    {
        var stranger = new BusFinder(_ => $"unix:path={Socket}", "", s_caller + 1);

        Assert.Null(stranger.Find(out var reason));
        Assert.EndsWith($"belongs to uid {s_caller}, which is not the caller", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_listens_on_an_abstract_name_must_be_the_caller()
    {
        var name = $"sandbox-test-{Guid.NewGuid():N}";
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0{name}"));
        listener.Listen();
        var stranger = new BusFinder(_ => $"unix:abstract={name}", "", s_caller + 1);

        var answer = SystemdScope.TryEnter(new ScopeRequest { Description = "a test" }, stranger, () => "");

        Assert.Equal($"no user bus: unix:abstract={name} is served by uid {s_caller}, which is not the caller", answer.Reason);
    }

    [Fact]
    public void A_bus_that_never_speaks_is_given_up()
    {
        _listener.Listen();
        var request = new ScopeRequest { Description = "a test", Timeout = TimeSpan.FromSeconds(0.5) };

        var answer = SystemdScope.TryEnter(request, Finder("", _directory.Path), () => "");

        Assert.Equal($"timed out: no answer from the user bus at {Socket} within 0.5 s", answer.Reason);
    }

    [Fact]
    public void A_socket_nobody_listens_on_is_no_bus()
    {
        var answer = SystemdScope.TryEnter(new ScopeRequest { Description = "a test" }, Finder("", _directory.Path), () => "");

        Assert.StartsWith($"lost the user bus at {Socket}: ", answer.Reason, StringComparison.Ordinal);
    }

    private static BusFinder Finder(string session, string directory) =>
        new(name => name == "DBUS_SESSION_BUS_ADDRESS" ? session : directory, "/nowhere", s_caller);
}
