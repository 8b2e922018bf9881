using System.Globalization;
using System.Net;
using System.Text.Json;
using Sandbox.Server.Access;
using Sandbox.Server.Fronts;
using Sandbox.Server.Fronts.Judge0;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Listening;

namespace Sandbox.Server.Settings;

// An option goes before a variable, and a variable before the file. Problems are gathered: who starts a server mends them at once.

/// <summary>Makes settings of options, environment and configuration file.</summary>
internal sealed class SettingsReader
{
    private const int MaxFileBytes = 1 << 20;

    private readonly Dictionary<string, (string Source, List<string> Values)> _given = [];
    private readonly List<string> _problems = [];

    /// <summary>Reads everything.</summary>
    /// <param name="arguments">Options, as <c>--name value</c> or <c>--name=value</c>.</param>
    /// <param name="variable">The value of an environment variable; null for none.</param>
    /// <returns>The settings, of use only if there is no problem, and every problem in a sentence.</returns>
    public static (ServerSettings Settings, IReadOnlyList<string> Problems) Read(IReadOnlyList<string> arguments, Func<string, string?> variable)
    {
        var reader = new SettingsReader();
        var file = reader.TakeOptions(arguments) ?? variable("SANDBOX_SERVE_CONFIG");
        reader.TakeVariables(variable);
        if (file is { Length: > 0 })
        {
            reader.TakeFile(file);
        }

        var settings = reader.Make();
        if (reader._given.TryGetValue("default-limit", out var defaults))
        {
            reader._problems.AddRange(LimitValues.Above(defaults.Values, settings.Default, settings.Maximum).Select(above => $"{defaults.Source}: {above}"));
        }

        reader.CheckPorts(settings);
        if (reader._problems.Count == 0)
        {
            reader._problems.AddRange(SandboxRunner.Check(new() { Cgroup = settings.Cgroup, LeasedCpus = settings.LeasedCpus, Store = settings.Store }));
        }

        return (settings, reader._problems);
    }

    /// <summary>A whole number within bounds.</summary>
    public static int Number(string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number : throw new FormatException($"is no number from {least} to {most}");

    /// <summary>A size of at least so many bytes.</summary>
    public static long Size(string text, long least) => Quantities.ParseSize(text) is var bytes && bytes >= least ? bytes : throw new FormatException($"is less than {least} bytes");

    /// <summary>A time of up to 40 days.</summary>
    public static TimeSpan Time(string text) =>
        Quantities.ParseDuration(text) is var time && time <= TimeSpan.FromDays(40) ? time : throw new FormatException("is more than 40 days");

    private string? TakeOptions(IReadOnlyList<string> arguments)
    {
        string? file = null;
        for (var next = 0; next < arguments.Count; next++)
        {
            var word = arguments[next];
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            var spelling = equals < 0 ? word : word[..equals];
            var option = ServeOption.All.FirstOrDefault(option => "--" + option.Name == spelling);
            if (option is null && spelling != "--" + ServeOption.Config)
            {
                _problems.Add($"unknown option {DisplayText.Quote(spelling)}");
                continue;
            }

            if (equals < 0 && next + 1 == arguments.Count)
            {
                _problems.Add($"{spelling} needs a value");
                continue;
            }

            var value = equals < 0 ? arguments[++next] : word[(equals + 1)..];
            if (option is null)
            {
                file = value;
            }
            else
            {
                Take(option, spelling, value);
            }
        }

        return file;
    }

    private void TakeVariables(Func<string, string?> variable)
    {
        foreach (var option in ServeOption.All)
        {
            if (variable(option.Variable) is { Length: > 0 } value && !_given.ContainsKey(option.Name))
            {
                foreach (var one in option.IsList ? Parts(option, value) : [value])
                {
                    Take(option, option.Variable, one);
                }
            }
        }
    }

    // What follows an address with a comma belongs to it.
    private static List<string> Parts(ServeOption option, string value)
    {
        var parts = value.Split(',').ToList();
        for (var next = parts.Count - 1; next > 0 && option.Name == "api"; next--)
        {
            if (parts[next].StartsWith("allow=", StringComparison.Ordinal) || parts[next].StartsWith("host=", StringComparison.Ordinal))
            {
                parts[next - 1] += "," + parts[next];
                parts.RemoveAt(next);
            }
        }

        return parts;
    }

    private void TakeFile(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(InputFile.Read(path, MaxFileBytes));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                _problems.Add($"{DisplayText.Quote(path)} is no JSON object");
                return;
            }

            var seen = new HashSet<string>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (!seen.Add(member.Name))
                {
                    _problems.Add($"{DisplayText.Quote(path)}: \"{DisplayText.Quote(member.Name)}\" is there twice");
                }
                else
                {
                    TakeMember(path, member);
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or JsonException)
        {
            _problems.Add($"{DisplayText.Quote(path)}: {unreadable.Message}");
        }
    }

    private void TakeMember(string path, JsonProperty member)
    {
        var source = $"{DisplayText.Quote(path)}: {DisplayText.Quote(member.Name)}";
        if (ServeOption.All.FirstOrDefault(option => option.Member == member.Name) is not { } option)
        {
            _problems.Add($"{source} is no setting");
            return;
        }

        var isOverridden = _given.ContainsKey(option.Name);
        var values = (member.Value.ValueKind, option.IsList) switch
        {
            (JsonValueKind.String or JsonValueKind.Number, false) => [member.Value],
            (JsonValueKind.Array, true) => member.Value.EnumerateArray().ToList(),
            _ => null,
        };
        if (values is null || values.Exists(static value => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number)))
        {
            _problems.Add($"{source} must be {(option.IsList ? "an array of strings" : "a string or a number")}");
            return;
        }

        foreach (var value in isOverridden ? [] : values)
        {
            Take(option, source, value.ToString());
        }
    }

    private void Take(ServeOption option, string source, string value)
    {
        if (!_given.TryGetValue(option.Name, out var given))
        {
            _given.Add(option.Name, given = (source, []));
        }

        if (!option.IsList && given.Values.Count > 0)
        {
            _problems.Add($"{source} is given twice");
        }

        given.Values.Add(value);
    }

    private ServerSettings Make()
    {
        var usual = new ServerSettings();
        var places = Each("listen", Place);
        return new()
        {
            Sockets = [.. places.Select(static place => place.Path).OfType<string>()],
            Ports = [.. places.Select(static place => place.Port).OfType<TcpAddress>()],
            Fronts = [.. Each("api", static text => FrontPlace.Parse(text, FrontTable.Names))],
            Runtimes = One("runtimes", null, static text => RuntimesFile.Read(Absolute(text))),
            Judge0 = One("judge0-conf", usual.Judge0, static text => Judge0Settings.Read(Absolute(text))),
            Callbacks = [.. Each("callback", static text => IPNetwork.TryParse(text, out var network) ? network : throw new FormatException("is no network, such as 10.0.0.0/8"))],
            CallbackKey = One("callback-key", null, static text => Key(Absolute(text))),
            SubmissionAge = One("keep-age", usual.SubmissionAge, Time),
            TokenFiles = [.. Each("token-file", Absolute)],
            TlsCertificate = One("tls-certificate", null, Absolute),
            TlsKey = One("tls-key", null, Absolute),
            TlsClientCa = One("tls-client-ca", null, Absolute),
            LogLevel = One("log-level", usual.LogLevel, Level),
            MaxConnections = One("max-connections", usual.MaxConnections, static text => Number(text, 4, (int)Math.Min(1_000_000, ConnectionBound.OpenFiles / 2))),
            Queue = usual.Queue with
            {
                Slots = One("slots", usual.Queue.Slots, text => Number(text, 1, ServerSettings.MostSlots)),
                MaxWaiting = One("max-waiting", usual.Queue.MaxWaiting, static text => Number(text, 0, 1_000_000)),
                MemoryBytes = One("memory", usual.Queue.MemoryBytes, static text => Size(text, 1)),
            },
            MaxBodyBytes = One("max-body", usual.MaxBodyBytes, static text => Size(text, 1) is var bytes && bytes <= JobFile.MaxBytes ? bytes : throw new FormatException($"is more than any job needs: {Quantities.FormatSize(JobFile.MaxBytes)}")),
            Grace = One("grace", usual.Grace, Time),
            Retention = new()
            {
                Age = One("keep-age", usual.Retention.Age, Time),
                Count = One("keep-count", usual.Retention.Count, static text => Number(text, 0, 10_000_000)),
                Bytes = One("keep-bytes", usual.Retention.Bytes, static text => Size(text, 0)),
            },
            Maximum = Limits("max-limit", usual.Maximum, LimitValues.WithMaximum),
            Default = Limits("default-limit", usual.Default, LimitValues.WithDefault),
            Allowed = Allowed(),
            Cgroup = One("cgroup", null, static text => text),
            LeasedCpus = One("lease-cores", null, static text => text),
            Store = One("store", null, static text => text),
            Files = new()
            {
                Bytes = One("files-bytes", usual.Files.Bytes, static text => Size(text, 1)),
                Age = One("files-age", usual.Files.Age, Time),
            },
            State = One("state", null, static text => text.StartsWith('/') ? text : throw new FormatException("is no absolute path")),
            StateIsSynced = One("state-sync", usual.StateIsSynced, static text => text switch { "each" => true, "none" => false, _ => throw new FormatException("is neither each nor none") }),
        };
    }

    // Whoever reaches such a port is anybody.
    private void CheckPorts(ServerSettings settings)
    {
        if (_given.ContainsKey("token-file") || _given.ContainsKey("tls-client-ca"))
        {
            return;
        }

        foreach (var front in settings.Fronts.Where(front => !front.Address.IsLoopback && !front.NeedsNoToken && !settings.AsksForOwnToken(front)))
        {
            _problems.Add($"{_given["api"].Source}: {DisplayText.Quote(front.ToString())}: others than this machine can connect there: it needs --token-file or --tls-client-ca, or both allow=CIDR and host=NAME");
        }

        foreach (var port in settings.Ports.Where(static port => !port.IsLoopback))
        {
            _problems.Add($"{_given["listen"].Source}: {DisplayText.Quote(port.Text)}: others than this machine can connect there: it needs --token-file or --tls-client-ca");
        }
    }

    private T One<T>(string name, T usual, Func<string, T> parse) => Each(name, parse).Append(usual).First();

    private List<T> Each<T>(string name, Func<string, T> parse)
    {
        var read = new List<T>();
        if (_given.TryGetValue(name, out var given))
        {
            foreach (var value in given.Values)
            {
                try
                {
                    read.Add(parse(value));
                }
                catch (FormatException wrong)
                {
                    _problems.Add($"{given.Source}: {DisplayText.Quote(value)}: it {wrong.Message}");
                }
            }
        }

        return read;
    }

    private Trust.Allowances Allowed()
    {
        var allowed = new Trust.Allowances();
        Each<object?>("allow", text =>
        {
            allowed.Add(text);
            return null;
        });
        return allowed;
    }

    private ResourceLimits Limits(string name, ResourceLimits usual, Func<ResourceLimits, string, ResourceLimits> with)
    {
        var limits = usual;
        Each(name, text => limits = with(limits, text));
        return limits;
    }

    private static (string? Path, TcpAddress? Port) Place(string text)
    {
        const string Scheme = "unix:";
        return text.StartsWith(Scheme, StringComparison.Ordinal) ? (Absolute(text[Scheme.Length..]), null) : (null, TcpAddress.Parse(text));
    }

    private static string Absolute(string text) => text.StartsWith('/') ? text : throw new FormatException("is no absolute path");

    private static byte[] Key(string path)
    {
        const int Least = 20;
        const int Most = 4096;
        try
        {
            var key = PrivateFile.Read(path, Most, mayBeLink: false, mayBeRootsGroups: false).AsSpan().TrimEnd("\r\n"u8).ToArray();
            return key.Length >= Least ? key : throw new FormatException($"holds a key of less than {Least} bytes");
        }
        catch (IOException unreadable)
        {
            throw new FormatException("cannot be read: " + unreadable.Message);
        }
    }

    private static LogLevel Level(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "information" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "none" => LogLevel.None,
        _ => throw new FormatException("is none of debug, information, warning, error and none"),
    };
}
