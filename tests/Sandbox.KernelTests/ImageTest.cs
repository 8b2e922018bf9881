using Sandbox.Images;

namespace Sandbox.KernelTests;

/// <summary>Tests of jobs that run in images of busybox, from a store of their own.</summary>
public abstract class ImageTest : StoreTest
{
    private protected string Archive => Path.Combine(Directory, "image.tar");

    private protected UnpackedImages Images => UnpackedImages.Of(StoreLocation);

    private protected string LayersDirectory => Path.Combine(StoreLocation, "images", "layers");

    /// <summary>What is not said here is as the image says it.</summary>
    private protected static JobSpec Job(string image, params string[] command) => new()
    {
        Command = command,
        Rootfs = new ImageRootfs { Reference = image },
        Limits = new ResourceLimits { WallTime = TimeSpan.FromSeconds(20) * Requirements.Slowness },
    };

    private protected static JobSpec Shell(string image, string script) => Job(image, "sh", "-c", script);

    private protected static JobSpec Writable(JobSpec job) =>
        job with { Rootfs = ((ImageRootfs)job.Rootfs) with { Writable = true } };
}
