using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What is wrong with a submission: sentences by member, in the words of Judge0.</summary>
internal sealed class SubmissionProblems
{
    private readonly List<(string Member, string Text)> _all = [];

    /// <summary>Nothing is.</summary>
    public bool IsEmpty => _all.Count == 0;

    /// <summary>Adds one.</summary>
    public void Add(string member, string text) => _all.Add((member, text));

    /// <summary>Writes them as an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (var member in _all.GroupBy(static problem => problem.Member))
        {
            json.WriteStartArray(member.Key);
            foreach (var (_, text) in member)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

/// <summary>Reads submissions, and fills in the defaults. Numbers may come as text; what is null is as absent, and what is not known is passed over.</summary>
/// <param name="settings">The operator's.</param>
/// <param name="languages">What there is.</param>
/// <param name="hasNetwork">Jobs of this server may have a network.</param>
/// <param name="hasCallbacks">This server makes callbacks.</param>
/// <param name="isBase64">Text comes as base64.</param>
internal sealed class SubmissionReader(Judge0Settings settings, IReadOnlyList<OfferedLanguage> languages, bool hasNetwork, bool hasCallbacks, bool isBase64)
{
    private const int LongestWords = 512;
    private const int LongestUrl = 2048;

    /// <summary>What somebody may send beside these: as little as may have an effect.</summary>
    public static IReadOnlyList<string> Members { get; } =
    [
        "source_code", "language_id", "compiler_options", "command_line_arguments", "stdin", "expected_output", "cpu_time_limit", "cpu_extra_time", "wall_time_limit", "memory_limit", "stack_limit", "max_processes_and_or_threads",
        "enable_per_process_and_thread_time_limit", "enable_per_process_and_thread_memory_limit", "max_file_size", "number_of_runs", "redirect_stderr_to_stdout", "enable_network", "callback_url", "additional_files",
    ];

    /// <summary>Reads one.</summary>
    /// <param name="body">The object.</param>
    /// <param name="token">The name that it gets.</param>
    /// <param name="at">The time.</param>
    /// <returns>The submission, or what is wrong with it.</returns>
    /// <exception cref="InvalidOperationException">It holds text that is none: a lone surrogate, or bytes that are not UTF-8.</exception>
    public (Submission? Submission, SubmissionProblems Problems) Read(JsonElement body, string token, DateTimeOffset at)
    {
        var problems = new SubmissionProblems();
        var offered = Language(body, problems);
        var isMultiFile = offered?.Language.IsMultiFile == true;
        var source = Bytes(body, "source_code");
        var files = Text(body, "additional_files") is { Length: > 0 } zip ? Base64Lines.Decode(zip) : null;
        CheckSource(source, files, isMultiFile, problems);
        var submission = new Submission
        {
            Token = token,
            CreatedAt = at,
            SourceCode = isMultiFile ? null : source,
            LanguageId = offered?.Language.Id ?? 0,
            CompilerOptions = Words(body, "compiler_options", problems),
            CommandLineArguments = Words(body, "command_line_arguments", problems),
            Stdin = Bytes(body, "stdin"),
            ExpectedOutput = Bytes(body, "expected_output"),
            NumberOfRuns = (int)Number(body, "number_of_runs", settings.Runs, 1, settings.MostRuns, problems, isWhole: true),
            CpuTimeLimit = Number(body, "cpu_time_limit", settings.CpuTime, 0, settings.MostCpuTime, problems),
            CpuExtraTime = Number(body, "cpu_extra_time", settings.CpuExtraTime, 0, settings.MostCpuExtraTime, problems),
            WallTimeLimit = Number(body, "wall_time_limit", settings.WallTime, 1, settings.MostWallTime, problems),
            MemoryLimit = (long)Number(body, "memory_limit", settings.Memory, 2048, settings.MostMemory, problems, isWhole: true),
            StackLimit = (long)Number(body, "stack_limit", settings.Stack, 0, settings.MostStack, problems, isWhole: true),
            MaxProcesses = (int)Number(body, "max_processes_and_or_threads", settings.Processes, 1, settings.MostProcesses, problems, isWhole: true),
            MaxFileSize = (long)Number(body, "max_file_size", settings.FileSize, 0, settings.MostFileSize, problems, isWhole: true),
            IsTimePerProcess = Allowed(body, "enable_per_process_and_thread_time_limit", settings.IsTimePerProcess, settings.MayHaveTimePerProcess, "this option cannot be enabled", problems),
            IsMemoryPerProcess = Allowed(body, "enable_per_process_and_thread_memory_limit", settings.IsMemoryPerProcess, settings.MayHaveMemoryPerProcess, "this option cannot be enabled", problems),
            RedirectsStderr = Flag(body, "redirect_stderr_to_stdout") ?? settings.RedirectsStderr,
            HasNetwork = Allowed(body, "enable_network", settings.HasNetwork && hasNetwork, settings.MayHaveNetwork && hasNetwork, "this option cannot be enabled", problems),
            CallbackUrl = Callback(body, problems),
            AdditionalFiles = files,
        };
        CheckWords(submission, offered, problems);
        return (problems.IsEmpty ? submission : null, problems);
    }

    private OfferedLanguage? Language(JsonElement body, SubmissionProblems problems)
    {
        var text = Text(body, "language_id");
        var id = text is { Length: > 0 } && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < int.MaxValue ? (int)number : 0;
        if (string.IsNullOrWhiteSpace(text))
        {
            problems.Add("language_id", "can't be blank");
        }
        else if (Judge0Language.IsArchived(id))
        {
            problems.Add("language_id", $"language with id {id} is archived and cannot be used anymore");
            return null;
        }

        if (languages.FirstOrDefault(language => language.Language.Id == id) is { } found)
        {
            return found;
        }

        problems.Add("language_id", $"language with id {(string.IsNullOrWhiteSpace(text) ? "" : id.ToString(CultureInfo.InvariantCulture))} doesn't exist");
        return null;
    }

    private void CheckSource(byte[]? source, byte[]? files, bool isMultiFile, SubmissionProblems problems)
    {
        var isBlank = source is null || IsBlank(source);
        if (!isMultiFile && isBlank)
        {
            problems.Add("source_code", "can't be blank");
        }
        else if (isMultiFile && !isBlank)
        {
            problems.Add("source_code", "must be blank");
        }

        if (files is null or { Length: 0 })
        {
            if (isMultiFile)
            {
                problems.Add("additional_files", "can't be blank");
            }

            return;
        }

        if (!settings.HasAdditionalFiles)
        {
            problems.Add("additional_files", "setting additional files is not allowed");
            return;
        }

        try
        {
            // What it is, is said now, and not to nobody later.
            SubmissionArchive.Read(files, settings.MostExtracted * 1024, []);
        }
        catch (FormatException wrong)
        {
            problems.Add("additional_files", wrong.Message);
        }
    }

    private void CheckWords(Submission submission, OfferedLanguage? offered, SubmissionProblems problems)
    {
        if (!string.IsNullOrWhiteSpace(submission.CommandLineArguments) && !settings.HasArguments)
        {
            problems.Add("command_line_arguments", "setting command line arguments is not allowed");
        }

        if (string.IsNullOrWhiteSpace(submission.CompilerOptions))
        {
            return;
        }

        if (!settings.HasCompilerOptions)
        {
            problems.Add("compiler_options", "setting compiler options is not allowed");
        }
        else if (offered is not null && offered.Language.Compile is null)
        {
            problems.Add("compiler_options", "setting compiler options is only allowed for compiled languages");
        }
        else if (offered is not null && settings.CompilerOptionLanguages.Count > 0 && !settings.CompilerOptionLanguages.Any(name => offered.Name.StartsWith(name + " ", StringComparison.Ordinal)))
        {
            problems.Add("compiler_options", $"setting compiler options is only allowed for {string.Join(", ", settings.CompilerOptionLanguages)}");
        }
    }

    private string? Callback(JsonElement body, SubmissionProblems problems)
    {
        if (Text(body, "callback_url") is not { } url || string.IsNullOrWhiteSpace(url))
        {
            return null;
        }

        if (!settings.HasCallbacks || !hasCallbacks)
        {
            problems.Add("callback_url", "setting callback is not allowed");
        }
        else if (url.Length > LongestUrl || !CallbackSender.IsUrl(url))
        {
            problems.Add("callback_url", "is invalid");
        }

        return url;
    }

    private static string? Words(JsonElement body, string name, SubmissionProblems problems)
    {
        var text = Text(body, name);
        if (text?.Length > LongestWords)
        {
            problems.Add(name, $"is too long (maximum is {LongestWords} characters)");
        }

        return text;
    }

    private static decimal Number(JsonElement body, string name, decimal usual, decimal least, decimal most, SubmissionProblems problems, bool isWhole = false)
    {
        var kind = Member(body, name)?.ValueKind;
        if (Text(body, name) is not { } text || text.Trim().Length == 0)
        {
            return usual;
        }

        if (kind is JsonValueKind.True or JsonValueKind.False || !double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            problems.Add(name, "is not a number");
            return usual;
        }

        if (number < (double)least)
        {
            problems.Add(name, $"must be greater than or equal to {least.ToString("0.###", CultureInfo.InvariantCulture)}");
            return usual;
        }

        if (number > (double)most)
        {
            problems.Add(name, $"must be less than or equal to {most.ToString(isWhole ? "0" : "0.0##", CultureInfo.InvariantCulture)}");
            return usual;
        }

        return isWhole ? Math.Truncate((decimal)number) : Math.Round((decimal)number, 6);
    }

    private static bool Allowed(JsonElement body, string name, bool usual, bool isAllowed, string refusal, SubmissionProblems problems)
    {
        var value = Flag(body, name) ?? usual;
        if (value && !isAllowed)
        {
            problems.Add(name, refusal);
        }

        return value;
    }

    private static bool? Flag(JsonElement body, string name) => Text(body, name) switch
    {
        null or "" => null,
        "0" or "f" or "F" or "false" or "FALSE" or "off" or "OFF" or "False" => false,
        _ => true,
    };

    private byte[]? Bytes(JsonElement body, string name) => Text(body, name) is not { } text ? null : isBase64 ? Base64Lines.Decode(text) : Encoding.UTF8.GetBytes(text);

    private static bool IsBlank(byte[] bytes) => bytes.AsSpan().Trim(" \t\n\v\f\r"u8).IsEmpty;

    // Numbers and truth values are what they look like; an object or array is nothing.
    private static string? Text(JsonElement body, string name) => Member(body, name) switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        { ValueKind: JsonValueKind.True } => "true",
        { ValueKind: JsonValueKind.False } => "false",
        _ => null,
    };

    private static JsonElement? Member(JsonElement body, string name) => body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var member) ? member : null;
}
