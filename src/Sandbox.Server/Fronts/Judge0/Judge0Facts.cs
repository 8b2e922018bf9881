using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Sandbox.Server.Access;

namespace Sandbox.Server.Fronts.Judge0;

/// <summary>What the server tells of itself: languages, statuses, its configuration, its use.</summary>
internal sealed class Judge0Facts(FrontParts parts, SubmissionStore store, bool hasNetwork, bool hasCallbacks)
{
    /// <summary>The release whose contract this is: the official client takes its numbers of languages by it.</summary>
    public const string Version = "1.13.1";

    /// <summary>What runs submissions here.</summary>
    public const string Isolate = "Sandbox, in place of isolate: every submission in fresh namespaces, without root\n";

    /// <summary>Of this program; nothing of Judge0 is in it.</summary>
    public const string License = "MIT License\n\nCopyright (c) 2026 The Sandbox developers\n\nThis server speaks the API of Judge0 and holds nothing of its code.\n";

    private Judge0Settings Settings => parts.Settings.Judge0;

    /// <summary>The languages.</summary>
    public async Task LanguagesAsync(HttpContext context, bool all)
    {
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        await Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            foreach (var archived in all ? ArchivedLanguage.All : [])
            {
                WriteLanguage(json, archived.Id, archived.Name, isArchived: true);
                json.WriteEndObject();
            }

            foreach (var language in languages)
            {
                WriteLanguage(json, language.Language.Id, language.Name, all ? false : null);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>One of them.</summary>
    public async Task LanguageAsync(HttpContext context, string id)
    {
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        var number = int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var known) ? known : 0;
        var found = languages.FirstOrDefault(language => language.Language.Id == number);
        var archived = ArchivedLanguage.Find(number);
        if (found is null && archived is null)
        {
            await Judge0Answers.EmptyAsync(context, StatusCodes.Status404NotFound);
            return;
        }

        await Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            WriteLanguage(json, number, found?.Name ?? archived!.Name, isArchived: found is null);
            json.WriteString("source_file", found is null ? archived!.Source : found.Language.Source);
            json.WriteString("compile_cmd", found is null ? archived!.Compile : found.Language.Compile);
            json.WriteString("run_cmd", found is null ? archived!.Run : found.Language.Run);
            json.WriteEndObject();
        });
    }

    // The beginning of its object.
    private static void WriteLanguage(Utf8JsonWriter json, int id, string name, bool? isArchived)
    {
        json.WriteStartObject();
        json.WriteNumber("id", id);
        json.WriteString("name", name);
        if (isArchived is { } known)
        {
            json.WriteBoolean("is_archived", known);
        }
    }

    /// <summary>All statuses.</summary>
    public static Task StatusesAsync(HttpContext context) => Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, static json =>
    {
        json.WriteStartArray();
        foreach (var status in Judge0Statuses.All)
        {
            SubmissionFields.WriteStatus(json, status);
        }

        json.WriteEndArray();
    });

    /// <summary>What may be asked for.</summary>
    public Task ConfigurationAsync(HttpContext context) => Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        WriteSwitches(json);
        WriteLimits(json);
        json.WriteEndObject();
    });

    /// <summary>What this is.</summary>
    public Task AboutAsync(HttpContext context) => Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("version", Version);
        json.WriteString("homepage", Settings.Homepage);
        json.WriteString("source_code", Settings.SourceCode);
        json.WriteString("maintainer", Settings.Maintainer);
        json.WriteEndObject();
    });

    /// <summary>The machine, as little as there is to plan with.</summary>
    public static Task SystemAsync(HttpContext context) => Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("Architecture", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64" : "x86_64");
        json.WriteString("CPU(s)", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        json.WriteString("Mem", Quantities.FormatSize(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes));
        json.WriteEndObject();
    });

    /// <summary>The slots, as workers of one queue.</summary>
    public Task WorkersAsync(HttpContext context)
    {
        var (slots, working, unfinished) = (parts.Settings.Queue.Slots, parts.Queue.Running, store.Unfinished);
        return Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("queue", "default");
            json.WriteNumber("size", Math.Max(0, unfinished - working));
            json.WriteNumber("available", slots);
            json.WriteNumber("idle", slots - working);
            json.WriteNumber("working", working);
            json.WriteNumber("paused", 0);
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    /// <summary>How many submissions of the tenant are kept, by day, language and status.</summary>
    public async Task StatisticsAsync(HttpContext context)
    {
        var languages = await Judge0Language.OfferedAsync(parts.Runtimes);
        var all = store.List(Caller.Of(context).Tenant).Select(kept => (Kept: kept, Submission: store.Read(kept))).Where(static one => one.Submission is not null).ToList();
        var now = parts.Time.GetUtcNow();
        await Judge0Answers.JsonAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("created_at", SubmissionFields.Time(now));
            json.WriteString("cached_until", SubmissionFields.Time(now));
            WriteDays(json, [.. all.Select(static one => one.Kept.CreatedAt)], now);
            json.WriteStartArray("languages");
            foreach (var group in all.GroupBy(static one => one.Submission!.LanguageId).OrderByDescending(static group => group.Count()))
            {
                json.WriteStartObject();
                json.WriteStartObject("language");
                json.WriteNumber("id", group.Key);
                json.WriteString("name", languages.FirstOrDefault(language => language.Language.Id == group.Key)?.Name ?? "");
                json.WriteEndObject();
                json.WriteNumber("count", group.Count());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("statuses");
            foreach (var status in Judge0Statuses.All)
            {
                json.WriteStartObject();
                json.WritePropertyName("status");
                SubmissionFields.WriteStatus(json, status);
                json.WriteNumber("count", all.Count(one => one.Submission!.Status == status));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("database");
            json.WriteString("size_pretty", Quantities.FormatSize(all.Sum(static one => one.Kept.Bytes)));
            json.WriteNumber("size_in_bytes", all.Sum(static one => one.Kept.Bytes));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void WriteDays(Utf8JsonWriter json, IReadOnlyList<DateTimeOffset> times, DateTimeOffset now)
    {
        const int Days = 30;
        json.WriteStartObject("submissions");
        json.WriteNumber("total", times.Count);
        json.WriteNumber("today", times.Count(time => time.UtcDateTime.Date == now.UtcDateTime.Date));
        json.WriteStartObject("last_30_days");
        foreach (var day in times.Where(time => now - time < TimeSpan.FromDays(Days)).GroupBy(static time => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).OrderByDescending(static day => day.Key))
        {
            json.WriteNumber(day.Key, day.Count());
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteSwitches(Utf8JsonWriter json)
    {
        json.WriteBoolean("maintenance_mode", Settings.IsInMaintenance);
        json.WriteBoolean("enable_wait_result", Settings.CanWait);
        json.WriteBoolean("enable_compiler_options", Settings.HasCompilerOptions);
        json.WriteStartArray("allowed_languages_for_compile_options");
        foreach (var name in Settings.CompilerOptionLanguages)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteBoolean("enable_command_line_arguments", Settings.HasArguments);
        json.WriteBoolean("enable_submission_delete", Settings.CanDelete);
        json.WriteBoolean("enable_callbacks", Settings.HasCallbacks && hasCallbacks);
        json.WriteNumber("callbacks_max_tries", Settings.CallbackTries);
        WriteDecimal(json, "callbacks_timeout", Settings.CallbackTimeout);
        json.WriteBoolean("enable_additional_files", Settings.HasAdditionalFiles);
        json.WriteNumber("max_queue_size", Settings.MostQueued ?? parts.Settings.Queue.MaxWaiting);
        json.WriteBoolean("enable_batched_submissions", Settings.HasBatches);
        json.WriteNumber("max_submission_batch_size", Settings.MostInBatch);
        WriteDecimal(json, "submission_cache_duration", 0);
        json.WriteBoolean("use_docs_as_homepage", false);
        json.WriteBoolean("allow_enable_network", Settings.MayHaveNetwork && hasNetwork);
        json.WriteBoolean("enable_network", Settings.HasNetwork && hasNetwork);
        json.WriteNumber("max_extract_size", Settings.MostExtracted);
        json.WriteBoolean("redirect_stderr_to_stdout", Settings.RedirectsStderr);
    }

    private void WriteLimits(Utf8JsonWriter json)
    {
        WriteDecimal(json, "cpu_time_limit", Settings.CpuTime);
        WriteDecimal(json, "max_cpu_time_limit", Settings.MostCpuTime);
        WriteDecimal(json, "cpu_extra_time", Settings.CpuExtraTime);
        WriteDecimal(json, "max_cpu_extra_time", Settings.MostCpuExtraTime);
        WriteDecimal(json, "wall_time_limit", Settings.WallTime);
        WriteDecimal(json, "max_wall_time_limit", Settings.MostWallTime);
        json.WriteNumber("memory_limit", Settings.Memory);
        json.WriteNumber("max_memory_limit", Settings.MostMemory);
        json.WriteNumber("stack_limit", Settings.Stack);
        json.WriteNumber("max_stack_limit", Settings.MostStack);
        json.WriteNumber("max_processes_and_or_threads", Settings.Processes);
        json.WriteNumber("max_max_processes_and_or_threads", Settings.MostProcesses);
        json.WriteBoolean("enable_per_process_and_thread_time_limit", Settings.IsTimePerProcess);
        json.WriteBoolean("allow_enable_per_process_and_thread_time_limit", Settings.MayHaveTimePerProcess);
        json.WriteBoolean("enable_per_process_and_thread_memory_limit", Settings.IsMemoryPerProcess);
        json.WriteBoolean("allow_enable_per_process_and_thread_memory_limit", Settings.MayHaveMemoryPerProcess);
        json.WriteNumber("max_file_size", Settings.FileSize);
        json.WriteNumber("max_max_file_size", Settings.MostFileSize);
        json.WriteNumber("number_of_runs", Settings.Runs);
        json.WriteNumber("max_number_of_runs", Settings.MostRuns);
    }

    // Always with a fraction, as there.
    private static void WriteDecimal(Utf8JsonWriter json, string name, decimal number)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(number.ToString("0.0##", CultureInfo.InvariantCulture));
    }
}
