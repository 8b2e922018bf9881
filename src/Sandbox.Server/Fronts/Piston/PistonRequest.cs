using System.Globalization;
using System.Text;
using System.Text.Json;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Settings;

namespace Sandbox.Server.Fronts.Piston;

/// <summary>A request that is answered with a status and a message, and of which nothing was run.</summary>
internal sealed class PistonRefusal(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;
}

/// <summary>A file of a request.</summary>
/// <param name="Name">As it was given; may have directories.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="IsSource">It was sent as text: the compiler is told of it.</param>
internal sealed record PistonFile(string Name, byte[] Content, bool IsSource);

/// <summary>What one stage may have. Times are milliseconds, sizes bytes.</summary>
internal sealed record PistonLimits(double Timeout, double CpuTime, long Memory);

/// <summary>A request to run something, as Piston checks it: the messages and their order are its own.</summary>
internal sealed record PistonRequest
{
    private const int MostFiles = 1000;
    private const int MostArguments = 1000;
    private const int UsualCompileMs = 10_000;
    private const int UsualRunMs = 3000;

    /// <summary>What runs it.</summary>
    public required Runtime Runtime { get; init; }

    /// <summary>Its limits beside those of the two stages.</summary>
    public required RuntimeLimits Limits { get; init; }

    /// <summary>The files, the main one first among the sources.</summary>
    public required IReadOnlyList<PistonFile> Files { get; init; }

    /// <summary>What the program reads.</summary>
    public required string Stdin { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<string> Args { get; init; }

    /// <summary>Of the compiler.</summary>
    public required PistonLimits Compile { get; init; }

    /// <summary>Of the program.</summary>
    public required PistonLimits Run { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="PistonRefusal">It is none.</exception>
    public static async Task<PistonRequest> ReadAsync(JsonElement body, RuntimeTable runtimes, ServerSettings settings)
    {
        try
        {
            return await ReadTextAsync(body, runtimes, settings);
        }
        catch (InvalidOperationException)
        {
            throw Bad("the request holds text that is none"); // a lone surrogate, or bytes that are not UTF-8
        }
    }

    private static async Task<PistonRequest> ReadTextAsync(JsonElement body, RuntimeTable runtimes, ServerSettings settings)
    {
        var language = Text(body, "language") is { Length: > 0 } name ? name : throw Bad("language is required as a string");
        var version = Text(body, "version") is { Length: > 0 } range ? range : throw Bad("version is required as a string");
        if (Member(body, "files") is not { ValueKind: JsonValueKind.Array } files || files.GetArrayLength() > MostFiles)
        {
            throw Bad("files is required as an array");
        }

        var contents = files.EnumerateArray().Select(static (file, index) => Text(file, "content") ?? throw Bad($"files[{index}].content is required as a string")).ToList();
        var runtime = await runtimes.FindAsync(language, version) ?? throw Bad($"{language}-{version} runtime is unknown");
        var read = files.EnumerateArray().Select((file, index) => FileOf(file, contents[index], index)).ToList();
        if (!read.Exists(static file => file.IsSource))
        {
            throw Bad("files must include at least one utf8 encoded file");
        }

        var limits = await runtimes.LimitsAsync(runtime);
        var most = settings.Maximum.MemoryBytes ?? long.MaxValue;
        var usual = Math.Min(settings.Default.MemoryBytes ?? most, most);
        return new()
        {
            Runtime = runtime,
            Limits = limits,
            Files = read,
            Stdin = Text(body, "stdin") ?? "",
            Args = Member(body, "args") is { ValueKind: JsonValueKind.Array } args ? [.. args.EnumerateArray().Take(MostArguments).Select(static word => word.ValueKind == JsonValueKind.String ? word.GetString()! : word.GetRawText())] : [],
            Compile = LimitsOf(body, "compile", limits.CompileTimeoutMs ?? UsualCompileMs, limits.CompileCpuTimeMs ?? UsualCompileMs, limits.CompileMemoryBytes, most, usual),
            Run = LimitsOf(body, "run", limits.RunTimeoutMs ?? UsualRunMs, limits.RunCpuTimeMs ?? UsualRunMs, limits.RunMemoryBytes, most, usual),
        };
    }

    private static PistonLimits LimitsOf(JsonElement body, string stage, int timeout, int cpuTime, long? memory, long most, long usual) => new(
        Limit(body, $"{stage}_timeout", timeout) ?? timeout,
        Limit(body, $"{stage}_cpu_time", cpuTime) ?? cpuTime,
        (long)(Limit(body, $"{stage}_memory_limit", memory ?? most) ?? memory ?? usual));

    // Less than 0 is what the clients send who want no limit, and 0 would be none at all to the original: both are the server's.
    private static double? Limit(JsonElement body, string name, double configured)
    {
        if (Member(body, name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number) || !double.IsFinite(number))
        {
            throw Bad($"If specified, {name} must be a number");
        }

        return number > configured ? throw Bad(string.Create(CultureInfo.InvariantCulture, $"{name} cannot exceed the configured limit of {configured}")) : number <= 0 ? null : number;
    }

    private static PistonFile FileOf(JsonElement file, string content, int index)
    {
        var name = Text(file, "name") is { Length: > 0 } given ? given : string.Create(CultureInfo.InvariantCulture, $"file{index}.code");
        return Text(file, "encoding") switch
        {
            "base64" => new(name, OfBase64(content), false),
            "hex" => new(name, OfHex(content), false),
            _ => new(name, Encoding.UTF8.GetBytes(content), true),
        };
    }

    // As there, what is no digit is passed over, both alphabets are understood, and the end needs not be filled up.
    private static byte[] OfBase64(string text)
    {
        var digits = new StringBuilder(text.Length + 3);
        foreach (var letter in text.TakeWhile(static letter => letter != '='))
        {
            var digit = letter switch { '-' => '+', '_' => '/', _ => letter };
            if (char.IsAsciiLetterOrDigit(digit) || digit is '+' or '/')
            {
                digits.Append(digit);
            }
        }

        digits.Length -= digits.Length % 4 == 1 ? 1 : 0;
        return Convert.FromBase64String(digits.Append('=', (4 - (digits.Length % 4)) % 4).ToString());
    }

    // Up to what is no digit.
    private static byte[] OfHex(string text)
    {
        var count = text.TakeWhile(char.IsAsciiHexDigit).Count();
        return Convert.FromHexString(text.AsSpan(0, count - (count % 2)));
    }

    private static string? Text(JsonElement element, string name) => Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    // null is as absent
    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    private static PistonRefusal Bad(string message) => new(StatusCodes.Status400BadRequest, message);
}
