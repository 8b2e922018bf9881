using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sandbox.Server.Fronts.Runtimes;

namespace Sandbox.Server.Fronts.Jobe;

/// <summary>A request that is answered with a status and a JSON string, and of which nothing was run.</summary>
internal sealed class JobeRefusal(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status => status;

    /// <summary>The request is none.</summary>
    public static JobeRefusal Bad(string message) => new(StatusCodes.Status400BadRequest, message);
}

/// <summary>A run that Jobe's clients ask for.</summary>
internal sealed partial record JobeRequest
{
    /// <summary>More seconds of CPU time than any run may have.</summary>
    public const int MostCpuSeconds = 120;

    private const int MostFiles = 1000;
    private const int LongestName = 200;

    private static readonly SearchValues<char> s_reserved = SearchValues.Create("<>:\"/\\|?*#[]@!$&'()+,;={}^~`\u00a0\u00ad");

    /// <summary>In which language.</summary>
    public required JobeLanguage Language { get; init; }

    /// <summary>What runs it.</summary>
    public required Runtime Runtime { get; init; }

    /// <summary>The program.</summary>
    public required string Code { get; init; }

    /// <summary>What it is called.</summary>
    public required string Source { get; init; }

    /// <summary>What it reads.</summary>
    public required string Input { get; init; }

    /// <summary>Files beside it: their ids and names.</summary>
    public required IReadOnlyList<(string Id, string Name)> Files { get; init; }

    /// <summary>Numbers: <c>cputime</c>, <c>memorylimit</c>, <c>disklimit</c>, <c>streamsize</c> and <c>numprocs</c>.</summary>
    public required IReadOnlyDictionary<string, double> Numbers { get; init; }

    /// <summary>Words of commands, by what they replace.</summary>
    public required IReadOnlyDictionary<string, string> Arguments { get; init; }

    /// <summary>The class of Java that is run; null for that of the source's name.</summary>
    public string? MainClass { get; init; }

    /// <summary>Reads one.</summary>
    /// <exception cref="JobeRefusal">It is none.</exception>
    public static async Task<JobeRequest> ReadAsync(JsonElement body, RuntimeTable runtimes)
    {
        var languages = await JobeLanguage.OfAsync(runtimes);
        try
        {
            return Read(body, languages);
        }
        catch (InvalidOperationException)
        {
            throw JobeRefusal.Bad("Non-JSON post data received"); // text that is none
        }
    }

    /// <summary>A number of the request, or what it is without.</summary>
    public double Number(string name, double usual) => Numbers.GetValueOrDefault(name, usual);

    private static JobeRequest Read(JsonElement body, IReadOnlyList<(JobeLanguage Language, Runtime Runtime)> languages)
    {
        if (Member(body, "run_spec") is not { ValueKind: JsonValueKind.Object } spec)
        {
            throw JobeRefusal.Bad("No run_spec attribute found in post data");
        }

        var id = Text(spec, "language_id") ?? throw Missing("language_id");
        var code = Text(spec, "sourcecode") ?? throw Missing("sourcecode");
        var (language, runtime) = languages.FirstOrDefault(known => known.Language.Id.Equals(id, StringComparison.OrdinalIgnoreCase));
        if (language is null)
        {
            throw JobeRefusal.Bad($"Language '{id}' is not known");
        }

        var source = Text(spec, "sourcefilename") is { Length: > 0 } given && !(language.Id == "java" && given == "prog.java") ? given : language.Id == "java" ? ClassIn(code) + ".java" : language.Source;
        if (!IsSourceName(source))
        {
            throw JobeRefusal.Bad("The sourcefilename for the run_spec is illegal");
        }

        var parameters = Member(spec, "parameters") is { ValueKind: JsonValueKind.Object } all ? all : default;
        var numbers = Numbers_(parameters);
        return numbers.GetValueOrDefault("cputime") > MostCpuSeconds
            ? throw JobeRefusal.Bad($"cputime exceeds maximum allowed on this Jobe server ({MostCpuSeconds} secs)")
            : new() { Language = language, Runtime = runtime, Code = code, Source = source, Input = Text(spec, "input") ?? "", Files = FilesOf(spec), Numbers = numbers, Arguments = ArgumentsOf(parameters), MainClass = Text(parameters, "main_class") is { Length: > 0 } main && ClassName().IsMatch(main) ? main : null };
    }

    private static List<(string Id, string Name)> FilesOf(JsonElement spec)
    {
        var files = new List<(string, string)>();
        if (Member(spec, "file_list") is not { ValueKind: JsonValueKind.Array } list)
        {
            return files;
        }

        foreach (var file in list.EnumerateArray())
        {
            if (file.ValueKind != JsonValueKind.Array || file.GetArrayLength() is not (2 or 3) || file[0].ValueKind != JsonValueKind.String || file[1].ValueKind != JsonValueKind.String
                || !FileId().IsMatch(file[0].GetString()!) || !IsFileName(file[1].GetString()!) || files.Count == MostFiles)
            {
                throw JobeRefusal.Bad($"Invalid file specifier: {file.GetRawText()[..Math.Min(file.GetRawText().Length, 200)]}");
            }

            files.Add((file[0].GetString()!, file[1].GetString()!));
        }

        return files;
    }

    private static Dictionary<string, double> Numbers_(JsonElement parameters)
    {
        var numbers = new Dictionary<string, double>();
        foreach (var name in (string[])["cputime", "memorylimit", "disklimit", "streamsize", "numprocs"])
        {
            // Moodle keeps them as text.
            if (Text(parameters, name) is { } value && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
            {
                numbers.Add(name, number);
            }
        }

        return numbers;
    }

    private static Dictionary<string, string> ArgumentsOf(JsonElement parameters)
    {
        var arguments = new Dictionary<string, string>();
        foreach (var name in (string[])["compileargs", "linkargs", "interpreterargs", "runargs"])
        {
            if (Member(parameters, name) is { ValueKind: JsonValueKind.Array } words)
            {
                arguments.Add(name, string.Join(' ', words.EnumerateArray().Where(static word => word.ValueKind == JsonValueKind.String).Select(static word => word.GetString())));
            }
        }

        return arguments;
    }

    // The public class that main is in, as far as that can be told without reading Java.
    private static string ClassIn(string code)
    {
        var main = MainMethod().Match(code);
        var classes = PublicClass().Matches(code);
        var found = classes.LastOrDefault(match => main.Success && match.Index < main.Index) ?? classes.FirstOrDefault();
        return found?.Groups[1].Value ?? "prog";
    }

    // In words of a shell it is quoted (JobeTranslator), so that what has to be kept out is what leads elsewhere, is hidden, or is taken for an option.
    private static bool IsSourceName(string name) =>
        name.Length is > 0 and <= LongestName && name[0] is not ('.' or '-') && name.AsSpan().IndexOfAny(s_reserved) < 0 && !name.Any(char.IsControl) && Encoding.UTF8.GetByteCount(name) <= LongestName;

    // Here a dot or a hyphen may come first: configuration files are sent this way.
    private static bool IsFileName(string name) => FileName().IsMatch(name) && name.Any(char.IsAsciiLetterOrDigit);

    private static JobeRefusal Missing(string name) => JobeRefusal.Bad($"run_spec is missing the required attribute '{name}'");

    // A number is as good as its text, as there.
    private static string? Text(JsonElement element, string name) => Member(element, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    };

    private static JsonElement? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>What an id of a file is.</summary>
    [GeneratedRegex("^[A-Za-z0-9]{8,128}$(?!\n)")]
    public static partial Regex FileId();

    [GeneratedRegex("^[A-Za-z0-9._-]{1,200}$(?!\n)")]
    private static partial Regex FileName();

    [GeneratedRegex("^[A-Za-z_$][A-Za-z0-9_$.]{0,199}$(?!\n)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"\b(?:public\s+static|static\s+public)\s+void\s+main\s*\(")]
    private static partial Regex MainMethod();

    [GeneratedRegex(@"public\s+class\s+([A-Za-z_][A-Za-z0-9_]{0,100})")]
    private static partial Regex PublicClass();
}
