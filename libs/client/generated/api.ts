/* Generated from docs/openapi.json; `UPDATE_DOCS=1 npx vitest run --project unit services/api/openapi` writes it. */

export interface paths {
    "/api/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The cluster at a glance, and the single points of failure that remain */
        get: operations["getStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/armed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether Holdfast fences and starts by itself */
        get: operations["getArmed"];
        /** Arm or disarm; a reason is needed to disarm */
        put: operations["setArmed"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The metrics of all hosts as Prometheus discovers them over HTTP */
        get: operations["discoverHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prometheus/guests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All running VMs as Prometheus discovers them over HTTP, each by its name */
        get: operations["discoverGuests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/capacity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether all VMs return after a loss; changes nothing */
        get: operations["proveCapacity"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document */
        get: operations["getOpenApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/asyncapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The AsyncAPI document: every event, with its JSON schema */
        get: operations["getAsyncApi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Hosts, page by page */
        get: operations["listHosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A host, what its agent sees, and its drain */
        get: operations["getHost"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/loads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a host used, a quarter of an hour at a time, the newest first */
        get: operations["listHostLoads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/confirm-dead": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A person's word that a host is dead
         * @description Taken as proof that nothing of it can write any more. `confirm` is its name once more.
         */
        post: operations["confirmHostDead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/fence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Fence a host that is not silent */
        post: operations["fenceHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/clear": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a host's hold-off: what it did before no longer counts */
        post: operations["clearHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/wake": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Switch on a host that sleeps to save power */
        post: operations["wakeHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/labels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set and remove labels of a host; what is not named stays */
        post: operations["labelHost"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/drain-plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a host would be emptied; changes nothing */
        get: operations["planDrain"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hosts/{host}/maintenance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Empty a host and keep it empty, or let it take VMs again */
        post: operations["setMaintenance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** VMs, page by page */
        get: operations["listVms"];
        put?: never;
        /**
         * Create a VM, and start it unless told otherwise
         * @description Of a template, what is given beside its parameters takes the place of what the template has.
         */
        post: operations["createVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A VM and the copies of it that hosts see */
        get: operations["getVm"];
        put?: never;
        post?: never;
        /** Delete a VM and its volumes */
        delete: operations["deleteVm"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/loads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a VM used, a quarter of an hour at a time, the newest first */
        get: operations["listVmLoads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to a VM, the oldest first */
        get: operations["listVmEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/console": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The end of a VM's serial console */
        get: operations["getVmConsole"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/bulk": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Do one thing to up to 1,000 VMs, by name or by filter
         * @description To each as if it were asked for alone: one that cannot or may not be done hinders no other.
         */
        post: operations["bulkVms"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/screenshot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is on a VM's screen, as a PNG */
        get: operations["getVmScreenshot"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a VM, on a host of choice or where the scheduler thinks best; one that is suspended goes on */
        post: operations["startVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the guest to power down, and force it after its time */
        post: operations["stopVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/reboot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reboot a VM where it is */
        post: operations["rebootVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reset a VM where it is, without asking its guest */
        post: operations["resetVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a VM stand still where it is, its memory kept */
        post: operations["pauseVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Store the memory of a VM beside its disks and stop it; its next start goes on from there, on any host */
        post: operations["suspendVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let a paused VM go on */
        post: operations["resumeVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/migrate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move a VM while it runs, to a host of choice or where the scheduler thinks best */
        post: operations["migrateVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/relocate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a VM where it is, and start it on another host */
        post: operations["relocateVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/resize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a VM another size: more while it runs, within its maximum; any while it does not */
        post: operations["resizeVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/rename": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a VM that is stopped another name; all else of it stays */
        post: operations["renameVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/clone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make a new VM that is as a stopped one is, with copies of its disks
         * @description It needs vm.clone where the VM is, and vm.create in the project of the new one, which is the same unless another is named. The new VM has its own MAC address and instance id, and is not protected.
         */
        post: operations["cloneVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/disks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a VM another disk, also while it runs */
        post: operations["addVmDisk"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/disks/{volume}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a disk of a VM, with its data, also while it runs */
        delete: operations["removeVmDisk"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change what Holdfast may do with a VM by itself; what is left out stays */
        post: operations["setVmPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/nics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a VM another NIC, on a guest network, while it is stopped or runs */
        post: operations["addVmNic"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/nics/{nic}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a NIC from a VM, while it is stopped or runs */
        delete: operations["removeVmNic"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/boot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Say what it boots from, from its next start on
         * @description Its firmware tries the devices one after another. Null: the kernel of its image, or its first disk.
         */
        put: operations["setVmBoot"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/cdrom": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Put an image into its CD-ROM drive, or empty it, from its next start on
         * @description On a host that does not have the image the drive is empty: it keeps a VM from no host.
         */
        put: operations["setVmCdrom"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/vms/{vm}/describe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change its note, its labels, and whether it may be deleted; what is left out stays */
        post: operations["describeVm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Templates of VMs, page by page */
        get: operations["listTemplates"];
        put?: never;
        /**
         * Make a template: a VM with places for parameters
         * @description A text `{{cpus}}` in `vm` stands for the parameter `cpus`. In `cloudInit` only a text that is nothing but such a place counts: other braces are for the guest.
         */
        post: operations["newTemplate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/templates/{template}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A template */
        get: operations["getTemplate"];
        /** Give a template that there is another content; VMs that were made of it stay as they are */
        put: operations["replaceTemplate"];
        post?: never;
        /** Delete a template; VMs that were made of it stay as they are */
        delete: operations["deleteTemplate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What is done to VMs at times to come */
        get: operations["listSchedules"];
        put?: never;
        /**
         * Have something done to a VM at a moment, or again and again
         * @description Needs `vm.power` for that VM, now and whenever it is due: else it is refused then, and that noted.
         */
        post: operations["newSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/schedules/{schedule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A schedule, and what became of it the last time */
        get: operations["getSchedule"];
        put?: never;
        post?: never;
        /** Delete a schedule; what it has begun goes on */
        delete: operations["deleteSchedule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/volumes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Volumes and who holds them, page by page */
        get: operations["listVolumes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/networks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Guest networks of one's projects and shared ones, the hosts that offer them and the VMs on them */
        get: operations["listNetworks"];
        put?: never;
        /**
         * Say whose VMs may be on a guest network that hosts offer
         * @description Refused while VMs of other projects are on it.
         */
        post: operations["newNetwork"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/networks/{network}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A guest network */
        get: operations["getNetwork"];
        /**
         * Give a network to another project, share it, or change what is said of it; what is left out stays
         * @description Refused while VMs are on it that could not stay.
         */
        put: operations["changeNetwork"];
        post?: never;
        /** Delete the record of a network; refused while VMs are on it */
        delete: operations["deleteNetwork"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What new VMs can be made from, and who has it */
        get: operations["listImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Incidents, the newest first */
        get: operations["listIncidents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An incident and what happened in it, in the order of time */
        get: operations["getIncident"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/incidents/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let failover go on with a host that is held among many silent ones */
        post: operations["resumeIncident"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/drills": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest drill of each host that was ever drilled */
        get: operations["listDrills"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/drills/{host}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest drill of a host */
        get: operations["getDrill"];
        put?: never;
        /** Try on a host what its failover would need */
        post: operations["beginDrill"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Operations, the newest first */
        get: operations["listOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An operation; with `waitMs` when it has ended, or as it is when that time is over */
        get: operations["getOperation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operations/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give up a create or a start before the VM runs; a VM that was to be made stays, stopped
         * @description Answers with the stop that overrules it. What is under way otherwise cannot be taken back.
         */
        post: operations["cancelOperation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Rules for where VMs may run, and with whom */
        get: operations["listRules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rules/{rule}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A rule */
        get: operations["getRule"];
        /** Make a rule, or replace the one of that name */
        put: operations["putRule"];
        post?: never;
        /** Delete a rule */
        delete: operations["deleteRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/place/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What keeps a VM, or one of this size, from each host; changes nothing */
        get: operations["explainPlacement"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rebalance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The loads as they are measured, and what would be moved now */
        get: operations["getRebalance"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rebalance/apply": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Carry out what would be moved now; answers with that */
        post: operations["applyRebalance"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How the scheduler is to decide */
        get: operations["getSettings"];
        /** Change only the settings that are named; answers with all of them */
        put: operations["changeSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * CloudEvents as server-sent events, from a place in the stream on
         * @description The `id` of each is its place; a client that reconnects sends the last one as `Last-Event-ID`.
         */
        get: operations["followEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened, as long as it is kept: public events, the newest first */
        get: operations["listHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What each VM took up in a month: hours of CPUs, memory and disks
         * @description Exact across failovers and migrations: a VM counts while one copy of it runs, and once.
         */
        get: operations["listUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/usage/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the VMs of each project took up in a month, together */
        get: operations["listProjectUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All webhooks, with how much is on its way to each */
        get: operations["listWebhooks"];
        put?: never;
        /** Have events sent to a URL; the secret that they are signed with is answered this once */
        post: operations["newWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A webhook */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Delete a webhook, with all that is on its way to it */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its dead letters, then what is on its way to it; of each the oldest first, 500 in all */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send it one event that says that it is a test, and tell what became of it */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/webhooks/{webhook}/redeliver": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try all dead letters anew, or one */
        post: operations["redeliver"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, and what that permits */
        get: operations["whoami"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with name and password: a new session
         * @description After five failures in a row for one name from one address, each locks that pair for longer.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to sign in through the OpenID provider
         * @description Send the browser to `url`; hand over what it comes back with, and `flow`, within ten minutes.
         */
        post: operations["beginOidc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oidc/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Finish to sign in through the OpenID provider: a new session */
        post: operations["finishOidc"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the first administrator, with a setup code that is good once */
        post: operations["setUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup-code": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new setup code, while there is no administrator; older ones are void */
        post: operations["newSetupCode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End this session */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change one's own password; ends all other sessions */
        put: operations["changePassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own sessions */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of them */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own tokens */
        get: operations["listTokens"];
        put?: never;
        /** Make a token for oneself */
        post: operations["newToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke one of them */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Users and service accounts */
        get: operations["listUsers"];
        put?: never;
        /** Make a user, or a service account, which has tokens and no password */
        post: operations["newUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A user */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /** Delete a user */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Have somebody of the OpenID provider sign in as this user */
        put: operations["linkUser"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set the password of a user; ends their sessions */
        put: operations["setPassword"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Let a user who was locked after failed attempts sign in at once */
        delete: operations["unlockUser"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The sessions of a user */
        get: operations["listSessionsOf"];
        put?: never;
        post?: never;
        /** End all sessions of a user */
        delete: operations["endSessionsOf"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The tokens of a user */
        get: operations["listTokensOf"];
        put?: never;
        /** Make a token for a service account */
        post: operations["newTokenOf"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{user}/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke a token of a user */
        delete: operations["revokeTokenOf"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Groups with their members */
        get: operations["listGroups"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/groups/{group}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make a group, or give it these members */
        put: operations["putGroup"];
        post?: never;
        /** Delete a group */
        delete: operations["deleteGroup"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Built-in and own roles */
        get: operations["listRoles"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/roles/{role}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Make an own role of named permissions, or change it */
        put: operations["putRole"];
        post?: never;
        /** Delete an own role */
        delete: operations["deleteRole"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who holds which role, and where */
        get: operations["listGrants"];
        put?: never;
        /** Grant a role to a user or a group, in the cluster or in a project */
        post: operations["grantRole"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/grants/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take a role back */
        delete: operations["revokeRole"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Projects that one may see */
        get: operations["listProjects"];
        put?: never;
        /** Make a project */
        post: operations["newProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Delete a project and what was granted on it */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How much the VMs of a project may take up together, and how much they do */
        get: operations["getQuota"];
        /** Limit what the VMs of a project take up together; what is left out stays, null lifts a limit */
        put: operations["setQuota"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what, or was refused; the newest first */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Follow the chain of hashes through the whole audit log */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Accepted: {
            operation: string;
            vm: string;
            /** @description Why one may not want what was accepted. */
            warning?: string;
        };
        ArmingView: {
            armed: boolean;
            /** @description Not armed, but what would be done is decided and written down. */
            shadow: boolean;
            reason: string;
            by: string;
            /** @description Null in a cluster that was always armed. */
            sinceMs: number | null;
            /** @description When the records were found to come from a backup; null: never. */
            restoredAtMs: number | null;
            /** @description False from then until every host and VM is taken up. */
            reconciled: boolean;
        };
        AttachmentView: {
            volume: string;
            node: string;
            vm: string;
            /** @enum {string} */
            mode: "single" | "migrating";
            holders: {
                host: string;
                hostEpoch: number;
                generation: number;
                /** @enum {string} */
                phase: "opening" | "open" | "revoking";
                iqn: string;
                lun: number;
                portalAddress: string;
                portalPort: number;
                chapUser: string;
                floors: {
                    generation: number | null;
                    hostEpoch: number | null;
                };
            }[];
            newest: number;
            /** @enum {string} */
            state: "active" | "gone";
            revoked: {
                host: string;
                generation: number;
                atMs: number;
                detail: string;
            } | null;
            changedAtMs: number;
        };
        AuditEntry: {
            seq: number;
            atMs: number;
            who: {
                /** @enum {string} */
                kind: "user" | "service" | "local" | "anonymous";
                name: string;
            };
            /** @description The route: `POST /api/v1/vms/:vm/stop`. */
            action: string;
            path: string;
            /** @description The request, without secrets. */
            asked: unknown;
            /** @description Of a VM, a host, a network, a rule or the settings: how it was; null: it was not there. */
            before: unknown;
            /** @description Likewise when the answer was sent; what takes time goes on after it. */
            after: unknown;
            /** @description The address. */
            from: string;
            requestId: string;
            /** @description As in operations, events and all logs. */
            traceId?: string;
            /** @description Of the answer; 0: whoever asked was gone before it. */
            status: number;
            /** @description So many failed attempts of nobody known, told as one. */
            attempts?: number;
            /** @description So many entries before it were lost for want of memory. */
            lostBefore?: number;
            /** @description SHA-256 of the hash before, `seq` and what was noted. */
            hash: string;
        };
        AuditVerdict: {
            intact: boolean;
            /** @description That are intact, from the first on. */
            entries: number;
            /** @description Of the intact part. Noted elsewhere and given later as `known`, it shows a log cut short. */
            end: string;
            fault: string | null;
        };
        BegunDrill: {
            host: string;
            /** @description Its uid: of another one, the host was drilled again. */
            drill: string;
        };
        BegunSignIn: {
            /** @description Told this once; nobody can look it up later. */
            flow: string;
            /** @description Where to send the browser. */
            url: string;
            expiresAtMs: number;
        };
        Bulk: {
            /** @enum {string} */
            action: "start" | "stop" | "reboot" | "reset" | "pause" | "resume" | "suspend";
            /**
             * @description To stop or reboot without asking the guests.
             * @default false
             */
            force?: boolean;
            vms?: string[];
            /** @description As of the list of VMs; an empty one is all of them. */
            filter?: string;
        };
        BulkItem: {
            vm: string;
            operation: string | null;
            problem: {
                /** @enum {string} */
                code: "invalid" | "not-found" | "exists" | "conflict" | "stale" | "no-capacity" | "unavailable" | "forbidden" | "unauthorized" | "unsupported-media-type" | "precondition-failed" | "over-quota" | "too-large" | "unknown-route" | "too-many-requests" | "internal";
                status: number;
                detail: string;
                /** @description What to do about it. */
                remedy?: string;
            } | null;
            /** @description Why one may not want what was accepted. */
            warning?: string;
            /** @description Of a dry run: what would be written down of it. */
            would?: string;
        };
        BulkView: {
            items: components["schemas"]["BulkItem"][];
        };
        CapacityReport: {
            /** @enum {string} */
            verdict: "all-return" | "some-lost" | "unproven";
            possible: number;
            tried: number;
            failing: number;
            losses: {
                lost: string;
                hostCount: number;
                victims: number;
                /** @enum {string} */
                verdict: "all-return" | "some-lost" | "unproven";
                losers: {
                    vm: string;
                    priority: number;
                    cpus: number;
                    memoryMiB: number;
                    why: string;
                }[];
                loserCount: number;
                cure: {
                    hosts: {
                        host: string;
                        memoryMiB: number;
                        vcpus: number;
                    }[];
                    text: string;
                } | null;
            }[];
        };
        ChangedHost: {
            host: string;
        };
        ChangedNetwork: {
            network: string;
            /** @description Of a dry run: what would be written down of it. */
            would?: string;
        };
        ChangedRule: {
            rule: string;
            /** @description Of a dry run: what would be written down of it. */
            would?: string;
        };
        CloudEvent: {
            /** @constant */
            specversion: "1.0";
            id: string;
            source: string;
            type: string;
            dataschema?: string;
            subject: string;
            project?: string;
            time: string;
            traceparent?: string;
            /** @constant */
            datacontenttype: "application/json";
            data: {
                text: string;
                atMs: number;
                operation: string | null;
                incident: string | null;
            } & {
                [key: string]: string | number | boolean | null;
            };
        };
        Confirmation: {
            confirm: string;
            reason: string;
        };
        ConfirmedDead: {
            host: string;
            incident: string | null;
        };
        ConsoleView: {
            vm: string;
            host: string;
            text: string;
        };
        Delivery: {
            /**
             * Format: uuid
             * @description The header Holdfast-Delivery; the same at each attempt.
             */
            id: string;
            /** @enum {string} */
            state: "pending" | "dead";
            attempts: number;
            /** @description Of a dead one null. */
            nextAtMs: number | null;
            /** @description Why the newest attempt failed. */
            failure: string | null;
            event: components["schemas"]["CloudEvent"];
        };
        DrainPlan: {
            host: string;
            totalMiB: number;
            moves: {
                vm: string;
                memoryMiB: number;
                to: string;
            }[];
            stuck: {
                vm: string;
                memoryMiB: number;
                text: string;
            }[];
            mibPerSecond: number | null;
            takesMs: number | null;
        };
        DrainView: {
            /** @enum {string} */
            state: "draining" | "drained" | "ending" | "ended";
            reason: string;
            startedAtMs: number;
            vmCount: number;
            left: {
                vm: string;
                text: string;
            }[];
            /** @enum {string} */
            stuck: "leave" | "shutdown" | "restart";
            progress: {
                totalMiB: number;
                leftVms: number;
                leftMiB: number;
                stuckVms: number;
                stuckMiB: number;
                atMs: number;
            } | null;
            /** @description VMs that were shut down because they could not move. */
            shutDown: string[];
            /** @description Until those that can move have moved, by the speed so far; null while nothing is known. */
            remainingMs: number | null;
        };
        DrillView: {
            host: string;
            uid: string;
            /** @enum {string} */
            stage: "power" | "starting" | "evicting" | "clearing" | "done" | "expired";
            by: string;
            canary: string | null;
            checks: {
                power: {
                    /** @enum {string} */
                    result: "running" | "passed" | "failed" | "absent";
                    detail: string;
                    atMs: number;
                    tookMs: number | null;
                };
                watchdog: {
                    /** @enum {string} */
                    result: "running" | "passed" | "failed" | "absent";
                    detail: string;
                    atMs: number;
                    tookMs: number | null;
                };
                revocation: {
                    /** @enum {string} */
                    result: "running" | "passed" | "failed" | "absent";
                    detail: string;
                    atMs: number;
                    tookMs: number | null;
                };
                failover: {
                    /** @enum {string} */
                    result: "running" | "passed" | "failed" | "absent";
                    detail: string;
                    atMs: number;
                    tookMs: number | null;
                };
            };
            begunAtMs: number;
            endedAtMs: number | null;
            expiresAtMs: number | null;
        };
        Explanation: {
            vm: string | null;
            cpus: number;
            memoryMiB: number;
            policy?: string;
            host: string | null;
            hostCount: number;
            fittingCount: number;
            nearest: {
                host: string;
                text: string;
            } | null;
            hosts: {
                host: string;
                isHolding: boolean;
                refusals: {
                    filter: string;
                    text: string;
                    change: {
                        /** @enum {string} */
                        kind: "open" | "return" | "storage" | "cpuModel" | "numa" | "share" | "network" | "cpus" | "vcpus" | "memory" | "apart" | "spread" | "exclusive" | "rules" | "labels" | "group";
                        text: string;
                        amount?: number;
                        names?: string[];
                    };
                }[];
                score: {
                    total: number;
                    memoryLeft: number;
                    vcpusLeft: number;
                    weight: number;
                    parts?: {
                        hostRules: number;
                        vmRules: number;
                        home: number;
                        room: number;
                    };
                    isHeldOff: boolean;
                } | null;
            }[];
            next: string | null;
        };
        FencedHost: {
            host: string;
            incident: string;
        };
        FinishOidc: {
            flow: string;
            code: string;
            state: string;
            iss?: string;
        };
        /** @default {} */
        Force: {
            /** @default false */
            force?: boolean;
        };
        GrantView: {
            id: string;
            role: string;
            user: string | null;
            group: string | null;
            /** @description Null: in the whole cluster. */
            project: string | null;
        };
        GroupView: {
            name: string;
            members: string[];
            /** @description For `If-Match`: the same as long as what is set here is. */
            version: string;
        };
        HistoryEntry: {
            /** @description Its place in the history, over all incarnations of the cluster. */
            number: number;
            event: components["schemas"]["CloudEvent"];
        };
        HostLoadView: {
            host: string;
            /** @description When it begins. */
            atMs: number;
            forMs: number;
            /** @description Measurements this is made of: fewer where it was heard for a part only. */
            samples: number;
            /** @description Null where the machine says nothing of this host. */
            machine: {
                /** @description CPUs kept busy, VMs included */
                busy: {
                    mean: number;
                    max: number;
                };
                cpuPressure: {
                    mean: number;
                    max: number;
                };
                memoryPressure: {
                    mean: number;
                    max: number;
                };
                ioPressure: {
                    mean: number;
                    max: number;
                };
            } | null;
        };
        HostView: {
            host: string;
            /** Format: uuid */
            uuid: string;
            /** Format: uuid */
            bootId: string;
            /** @default [] */
            pastBootIds: string[];
            epoch: number;
            /** @enum {string} */
            health: "joining" | "online" | "suspect" | "held" | "fencing" | "fenced" | "asleep";
            /** @enum {string} */
            admin: "active" | "maintenance";
            adminChanges?: number;
            labels: {
                [key: string]: string;
            };
            addresses: {
                management: string;
                storage: string;
            };
            probePort: number;
            power: {
                /** @enum {string} */
                state: "none" | "unchecked" | "verified" | "mismatch";
                detail: string;
                levels?: string[][];
                unanswered?: string[];
                configuration?: string;
            };
            reason: string;
            condition?: {
                /** @enum {string} */
                kind: "agent-down" | "agent-hung" | "hypervisor-down" | "storage-path-lost" | "bus-path";
                sinceMs: number;
                text: string;
                alertedAtMs: number | null;
            } | null;
            flapping?: {
                returns: {
                    atMs: number;
                    /** @enum {string} */
                    from: "fence" | "suspicion";
                }[];
                holdOffCount: number;
                heldOffUntilMs: number | null;
            } | null;
            sleep?: {
                /** @enum {string} */
                stage: "closing" | "switching-off" | "off" | "waking";
                sinceMs: number;
                reason: string;
                wakeWithinMs: number;
                failedAtMs?: number;
            } | null;
            watchdogReleased?: {
                /** Format: uuid */
                bootId: string;
                binding: number;
            };
            evidence: {
                /** @enum {string} */
                kind: "storage-revoked" | "power-off" | "attested-stopped" | "rebooted" | "lease-expired" | "confirmed-by-person";
                epoch: number;
                atMs: number;
                detail: string;
                voidedAtMs: number | null;
            }[];
            incident: components["schemas"]["IncidentLedger"] | null;
            changedAtMs: number;
            /** @description Null where no agent has reported yet. */
            observed: components["schemas"]["ObservedView"] | null;
            drain: components["schemas"]["DrainView"] | null;
            /** @description What its `ETag` has between quotes, for `If-Match`. */
            version: string;
        };
        ImageView: {
            name: string;
            /**
             * @description A disk is copied to a new VM, which boots from it; a kernel is started by the host, beside an empty disk.
             * @enum {string}
             */
            kind: "disk" | "kernel";
            format: ("raw" | "qcow2") | null;
            /** @description Of a disk: a VM made from it has at least that much. */
            sizeMiB: number | null;
            /** @description The pools that have a disk to copy. */
            pools: string[];
            /** @description The storage nodes of these pools, or the hosts that have a kernel. */
            nodes: string[];
            /** @description Why no VM is made from it; null when it is fine. */
            unusable: string | null;
        };
        IncidentLedger: {
            id: string;
            host: string;
            verdict: string;
            epoch: number;
            /** @enum {string} */
            state: "suspected" | "held" | "fencing" | "fenced" | "closed";
            lastHeardAtMs: number;
            openedAtMs: number;
            fencingAtMs: number | null;
            provenAtMs: number | null;
            closedAtMs: number | null;
            /** @default null */
            resumed: {
                by: string;
                reason: string;
                atMs: number;
            } | null;
            lease?: {
                /** @enum {string} */
                kind: "hardware" | "softdog";
                nodes: string[];
                waitMs: number;
            };
            views: {
                view: string;
                says: string;
                atMs: number;
            }[];
            proofs: {
                /** @enum {string} */
                kind: "storage-revoked" | "power-off" | "attested-stopped" | "rebooted" | "lease-expired" | "confirmed-by-person";
                from: string;
                /** @enum {string} */
                status: "asked" | "obtained" | "failed" | "voided";
                atMs: number;
                detail: string;
            }[];
            decisions: {
                atMs: number;
                text: string;
            }[];
        };
        IncidentView: {
            id: string;
            host: string;
            verdict: string;
            epoch: number;
            /** @enum {string} */
            state: "suspected" | "held" | "fencing" | "fenced" | "closed";
            lastHeardAtMs: number;
            openedAtMs: number;
            fencingAtMs: number | null;
            provenAtMs: number | null;
            closedAtMs: number | null;
            /** @default null */
            resumed: {
                by: string;
                reason: string;
                atMs: number;
            } | null;
            lease?: {
                /** @enum {string} */
                kind: "hardware" | "softdog";
                nodes: string[];
                waitMs: number;
            };
            views: {
                view: string;
                says: string;
                atMs: number;
            }[];
            proofs: {
                /** @enum {string} */
                kind: "storage-revoked" | "power-off" | "attested-stopped" | "rebooted" | "lease-expired" | "confirmed-by-person";
                from: string;
                /** @enum {string} */
                status: "asked" | "obtained" | "failed" | "voided";
                atMs: number;
                detail: string;
            }[];
            decisions: {
                atMs: number;
                text: string;
            }[];
            timeline: components["schemas"]["TimelineEntry"][];
        };
        LabelledHost: {
            host: string;
            /** @description All that it bears now. */
            labels: {
                [key: string]: string;
            };
        };
        NetworkChange: {
            /** @description Whose VMs alone may be on it; null: those of all projects. */
            project?: string | null;
            note?: string;
            labels?: {
                /** @default {} */
                set?: {
                    [key: string]: string;
                };
                /** @default [] */
                remove?: string[];
            };
        };
        NetworkView: {
            name: string;
            /** @description Whether somebody has decided whose it is. */
            recorded: boolean;
            /** @description VMs of all projects may be on it. */
            shared: boolean;
            /** @description Whose VMs alone may be on it; null: it is shared, or has no record. */
            project: string | null;
            /** @description Nobody takes it up until it is known that no VM is on it that could not stay. */
            changing: boolean;
            note: string;
            labels: {
                [key: string]: string;
            };
            /** @description Those that offer it, and whether they reach it. */
            hosts: {
                host: string;
                /** @enum {string} */
                state: "up" | "down";
            }[];
            /** @description VMs with a NIC on it, of those that one may see. */
            vmCount: number;
            /** @description Their names, at most 100. */
            vms: string[];
            /** @description What its `ETag` has between quotes, for `If-Match`; null: no record. */
            version: string | null;
        };
        NewGrant: {
            role: string;
            /** @default null */
            user?: string | null;
            /** @default null */
            group?: string | null;
            /** @default null */
            project?: string | null;
        };
        NewNetwork: {
            /** @description Whose VMs alone may be on it; null: those of all projects. */
            project: string | null;
            note?: string;
            labels?: {
                [key: string]: string;
            };
            name: string;
        };
        NewProject: {
            name: string;
            /** @default  */
            description?: string;
        };
        NewSchedule: {
            name: string;
            vm: string;
            /** @enum {string} */
            action: "start" | "stop" | "reboot" | "reset" | "pause" | "resume" | "suspend";
            /**
             * @description To stop or reboot without asking the guest.
             * @default false
             */
            force?: boolean;
            /**
             * Format: date-time
             * @description Once, at this moment.
             */
            at?: string;
            /** @description Again and again: minute, hour, day of the month, month, day of the week. */
            cron?: string;
            /**
             * @description In which `cron` is meant: `Europe/Berlin`.
             * @default UTC
             */
            timeZone?: string;
            /**
             * @description If it could not be done in time it is done later by so much at most, else it is missed.
             * @default 15
             */
            graceMinutes?: number;
        };
        NewSession: {
            /** @description Told this once; nobody can look it up later. */
            token: string;
            user: string;
            expiresAtMs: number;
        };
        NewTemplate: {
            description?: string;
            /** @default {} */
            parameters?: {
                [key: string]: {
                    /** @constant */
                    type: "string";
                    description?: string;
                    default?: string;
                    minLength?: number;
                    /** @description Left out: 200. */
                    maxLength?: number;
                } | {
                    /** @constant */
                    type: "number";
                    description?: string;
                    default?: number;
                    min?: number;
                    max?: number;
                    /** @description Left out: only whole numbers. */
                    integer?: boolean;
                } | {
                    /** @constant */
                    type: "boolean";
                    description?: string;
                    default?: boolean;
                } | {
                    /** @constant */
                    type: "choice";
                    description?: string;
                    default?: string | number;
                    choices: (string | number)[];
                };
            };
            vm: {
                [key: string]: unknown;
            };
            name: string;
        };
        NewToken: {
            id: string;
            /** @description Of a session: the address from which it was begun. */
            name: string;
            /** @description All that it may be used for; null: all that its owner may. */
            scope: string[] | null;
            createdAtMs: number;
            expiresAtMs: number;
            /** @description To the minute; null: never yet. */
            lastUsedAtMs: number | null;
            /** @description Told this once; nobody can look it up later. */
            token: string;
        };
        NewTokenRequest: {
            name: string;
            /** @default 90 */
            days?: number;
            /** @default null */
            scope?: ("status.read" | "ha.arm" | "host.read" | "host.label" | "host.maintain" | "host.drill" | "host.fence" | "vm.read" | "vm.console" | "vm.create" | "vm.clone" | "vm.power" | "vm.move" | "vm.configure" | "vm.delete" | "schedule.read" | "schedule.write" | "volume.read" | "network.read" | "network.write" | "image.read" | "place.read" | "template.read" | "template.write" | "rule.read" | "rule.write" | "rebalance.read" | "rebalance.apply" | "settings.read" | "settings.write" | "incident.read" | "incident.resume" | "operation.read" | "event.read" | "webhook.read" | "webhook.write" | "usage.read" | "user.read" | "user.write" | "role.read" | "role.write" | "project.read" | "project.write" | "audit.read")[] | null;
        };
        NewUser: {
            /** @constant */
            kind: "user";
            name: string;
            password: string;
        } | {
            /** @constant */
            kind: "service";
            name: string;
        };
        NewVm: {
            cpus: number;
            memoryMiB: number;
            maxCpus?: number;
            maxMemoryMiB?: number;
            /** @default tiny */
            image?: string;
            /**
             * @default [
             *       {
             *         "sizeMiB": 64
             *       }
             *     ]
             */
            disks?: components["schemas"]["addVmDiskRequest"][];
            /** @default guest */
            network?: string | null;
            nics?: {
                nic: number;
                network: string;
            }[];
            cpuModel?: string;
            /** @enum {string} */
            numa?: "single";
            /** @enum {string} */
            hugePages?: "2M" | "1G";
            netMbits?: number;
            diskMBs?: number;
            cloudInit?: {
                userData?: string & (unknown & unknown);
                metaData?: string;
                networkConfig?: string;
            };
            cdrom?: string | null;
            boot?: ("disk" | "cdrom" | "network")[];
            /** @default {} */
            policy?: {
                /** @default 1 */
                maxRestart?: number;
                /** @default 1 */
                maxRelocate?: number;
                /** @default 60 */
                restartWindowSeconds?: number;
                /** @default 30 */
                stopGraceSeconds?: number;
                /** @default true */
                failback?: boolean;
                /**
                 * @default storage
                 * @enum {string}
                 */
                proof?: "storage" | "power" | "both";
                /**
                 * @default always
                 * @enum {string}
                 */
                restart?: "always" | "never";
                /** @default 50 */
                priority?: number;
                /**
                 * @default restart
                 * @enum {string}
                 */
                onIsolation?: "restart" | "leave";
                /**
                 * @default restart
                 * @enum {string}
                 */
                onStorageLoss?: "restart" | "pause";
                /** @default [] */
                after?: string[];
                /** @default {} */
                probes?: {
                    /** @default false */
                    panic?: boolean;
                    /** @default false */
                    watchdog?: boolean;
                    /** @default null */
                    agent?: {
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    } | null;
                    /** @default [] */
                    tcp?: {
                        address: string;
                        port: number;
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    }[];
                    /** @default [] */
                    http?: {
                        address: string;
                        port: number;
                        /** @default / */
                        path?: string;
                        /** @default 200 */
                        status?: number;
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    }[];
                };
            };
            note?: string;
            labels?: {
                [key: string]: string;
            };
            protected?: boolean;
            name: string;
            project?: string;
            /** @default true */
            start?: boolean;
            /** @default null */
            host?: string | null;
        };
        NewWebhook: {
            webhook: components["schemas"]["WebhookView"];
            /** @description 32 bytes in base64url, the key of the HMAC-SHA256; shown this once. */
            secret: string;
        };
        NewWebhookRequest: {
            name: string;
            /** Format: uri */
            url: string;
            filter?: string;
            /** @default true */
            enabled?: boolean;
        };
        ObservedView: {
            /** Format: uuid */
            bootId: string;
            epoch: number;
            startedAtMs: number;
            capacity: {
                cpus: number;
                memoryMiB: number;
                cpuModels?: string;
                cpuFeatures?: string;
                hugePagesMiB?: {
                    "2M"?: number;
                    "1G"?: number;
                };
                numaNodes?: {
                    cpus: number;
                    memoryMiB: number;
                }[];
                netMbits?: number;
                diskMBs?: number;
                networks?: {
                    [key: string]: "up" | "down";
                };
            };
            /** @enum {string} */
            hypervisor: "connected" | "disconnected";
            leaving: boolean;
            vms: {
                [key: string]: {
                    uid: string;
                    generation: number;
                    hostEpoch: number;
                    /** @enum {string} */
                    state: "starting" | "running" | "paused" | "stopping" | "stopped" | "failed" | "receiving" | "arrived" | "migrating";
                    reason: string;
                    sinceMs: number;
                    reboot: {
                        operation: string;
                        /** @enum {string} */
                        result: "asked" | "done" | "failed";
                        reason: string;
                    } | null;
                    resize?: {
                        operation: string;
                        /** @enum {string} */
                        result: "asked" | "done" | "failed";
                        reason: string;
                        has?: {
                            cpus: number;
                            memoryMiB: number;
                        };
                    };
                    plug?: {
                        id: string;
                        /** @enum {string} */
                        result: "asked" | "done" | "failed";
                        reason: string;
                    };
                    watch?: string;
                    guest?: {
                        /** @enum {string} */
                        state: "healthy" | "unhealthy" | "panicked" | "watchdog";
                        probe: string;
                        reason: string;
                        sinceMs: number;
                    } | null;
                    held?: boolean;
                    heldMs?: number;
                    storageLost?: {
                        /** @enum {string} */
                        reason: "path" | "target" | "error" | "session";
                        volumes: string[];
                        sinceMs: number;
                    };
                    migration: {
                        generation: number;
                        /** @enum {string} */
                        result: "moving" | "moved" | "failed";
                        downtimeMs: number | null;
                        reason: string;
                    } | null;
                };
            };
            staleCopies: {
                vm: string;
                uid: string;
                generation: number;
                hostEpoch: number;
            }[];
            watchdog?: {
                /** @enum {string} */
                kind: "hardware" | "softdog";
                timeoutMs: number;
                armed: boolean;
                binding: number;
                leaseMs: number;
                nodes: string[];
                detail: string;
            } | null;
            atMs: number;
        };
        /** @default {} */
        OnHost: {
            /** @default null */
            host?: string | null;
        };
        OperationView: {
            id: string;
            /** @default  */
            incarnation: string;
            /** @enum {string} */
            kind: "create" | "start" | "stop" | "reboot" | "migrate" | "relocate" | "delete" | "set" | "describe" | "cdrom" | "boot" | "nic-add" | "nic-remove" | "pause" | "resume" | "suspend" | "rename" | "resize" | "disk-add" | "disk-remove" | "evict";
            vm: string;
            /** @description That of its VM. */
            project: string;
            /** @enum {string} */
            state: "running" | "done" | "failed";
            reason: string;
            startedAtMs: number;
            endedAtMs: number | null;
            /** @description Trace of the request that asked for it, as in its events and in all logs. */
            traceId: string | null;
        };
        OwnRole: {
            /** @default  */
            means?: string;
            permissions: ("status.read" | "ha.arm" | "host.read" | "host.label" | "host.maintain" | "host.drill" | "host.fence" | "vm.read" | "vm.console" | "vm.create" | "vm.clone" | "vm.power" | "vm.move" | "vm.configure" | "vm.delete" | "schedule.read" | "schedule.write" | "volume.read" | "network.read" | "network.write" | "image.read" | "place.read" | "template.read" | "template.write" | "rule.read" | "rule.write" | "rebalance.read" | "rebalance.apply" | "settings.read" | "settings.write" | "incident.read" | "incident.resume" | "operation.read" | "event.read" | "webhook.read" | "webhook.write" | "usage.read" | "user.read" | "user.write" | "role.read" | "role.write" | "project.read" | "project.write" | "audit.read")[];
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            instance: string;
            /** @enum {string} */
            code: "invalid" | "not-found" | "exists" | "conflict" | "stale" | "no-capacity" | "unavailable" | "forbidden" | "unauthorized" | "unsupported-media-type" | "precondition-failed" | "over-quota" | "too-large" | "unknown-route" | "too-many-requests" | "internal";
            /** @description Path of the offending field, for example `disks[0].sizeMiB`. */
            field?: string;
            /** @description What to do about it. */
            remedy?: string;
            /** @description Names like the one that was not found. */
            near?: string[];
            requestId: string;
        };
        ProjectUsageView: {
            project: string | null;
            runningHours: number;
            vcpuHours: number;
            memoryGiBHours: number;
            /** @description From its creation to its deletion, whether or not it runs. */
            diskGiBHours: number;
            /** @description How many VMs it had, also for a while. */
            vms: number;
        };
        ProjectView: {
            name: string;
            description: string;
        };
        QuotaChange: {
            /** @description Null: as much as there is. */
            vms?: number | null;
            /** @description Null: as much as there is. */
            cpus?: number | null;
            /** @description Null: as much as there is. */
            memoryMiB?: number | null;
            /** @description Null: as much as there is. */
            diskMiB?: number | null;
        };
        QuotaView: {
            project: string;
            quota: {
                /** @description Null: as much as there is. */
                vms: number | null;
                /** @description Null: as much as there is. */
                cpus: number | null;
                /** @description Null: as much as there is. */
                memoryMiB: number | null;
                /** @description Null: as much as there is. */
                diskMiB: number | null;
            };
            /** @description For `If-Match`: the same as long as what is set here is. */
            version: string;
            /** @description By the VMs that there are, and by what has been asked for and is not there yet. */
            used: {
                vms: number;
                cpus: number;
                memoryMiB: number;
                diskMiB: number;
            };
        };
        RebalancePlan: {
            moves: {
                vm: string;
                from: string;
                to: string;
                memoryMiB: number;
                cpus: number;
                /** @default null */
                soon: number | null;
                /** @default 0 */
                gain: number;
                /** @default null */
                makesRoomFor: string | null;
            }[];
            hosts: {
                host: string;
                before: number;
                after: number;
                /** @default null */
                soon: number | null;
                /** @default null */
                soonAfter: number | null;
                /** @default 0 */
                memoryBefore: number;
                /** @default 0 */
                memoryAfter: number;
            }[];
            before: number;
            after: number;
            /** @default 0 */
            memoryBefore: number;
            /** @default 0 */
            memoryAfter: number;
            /** @default [] */
            left: {
                vm: string;
                host: string;
                text: string;
            }[];
        };
        RebalanceView: {
            moves: {
                vm: string;
                from: string;
                to: string;
                memoryMiB: number;
                cpus: number;
                /** @default null */
                soon: number | null;
                /** @default 0 */
                gain: number;
                /** @default null */
                makesRoomFor: string | null;
            }[];
            hosts: {
                host: string;
                before: number;
                after: number;
                /** @default null */
                soon: number | null;
                /** @default null */
                soonAfter: number | null;
                /** @default 0 */
                memoryBefore: number;
                /** @default 0 */
                memoryAfter: number;
            }[];
            before: number;
            after: number;
            /** @default 0 */
            memoryBefore: number;
            /** @default 0 */
            memoryAfter: number;
            /** @default [] */
            left: {
                vm: string;
                host: string;
                text: string;
            }[];
            /** @enum {string} */
            state: "idle" | "proposed" | "applying";
        };
        /** @default {} */
        RedeliverRequest: {
            /** @default null */
            delivery?: string | null;
        };
        Redelivered: {
            redelivered: number;
        };
        Removed: {
            removed: string;
        };
        ResumedIncident: {
            incident: string;
            host: string;
        };
        RoleView: {
            name: string;
            /**
             * @description Where it can be granted.
             * @enum {string}
             */
            of: "cluster" | "project" | "any";
            /** @description Made here, not built in. */
            own: boolean;
            means: string;
            permissions: string[];
            /** @description For `If-Match`: the same as long as what is set here is. */
            version: string;
        };
        RuleSpec: {
            /** @constant */
            kind: "host-affinity";
            vms: string[];
            hosts: {
                [key: string]: number;
            };
            strict: boolean;
            exclusive?: boolean;
        } | {
            /** @constant */
            kind: "vm-affinity";
            vms: string[];
            together: boolean;
            strict?: boolean;
            over?: string;
        } | {
            /** @constant */
            kind: "label-affinity";
            vms: string[];
            labels: {
                [key: string]: string;
            };
            strict: boolean;
        };
        RuleView: {
            id: string;
            uid: string;
            spec: {
                /** @constant */
                kind: "host-affinity";
                vms: string[];
                hosts: {
                    [key: string]: number;
                };
                strict: boolean;
                exclusive?: boolean;
            } | {
                /** @constant */
                kind: "vm-affinity";
                vms: string[];
                together: boolean;
                strict?: boolean;
                over?: string;
            } | {
                /** @constant */
                kind: "label-affinity";
                vms: string[];
                labels: {
                    [key: string]: string;
                };
                strict: boolean;
            };
            /** @enum {string} */
            state: "active" | "deleted";
            changedAtMs: number;
            /** @description What its `ETag` has between quotes, for `If-Match`. */
            version: string;
        };
        ScheduleView: {
            name: string;
            vm: string;
            /** @enum {string} */
            action: "start" | "stop" | "reboot" | "reset" | "pause" | "resume" | "suspend";
            force: boolean;
            at: string | null;
            cron: string | null;
            timeZone: string;
            graceMinutes: number;
            /** @description By whose rights it is done: those they have then. */
            owner: string;
            /** @description Null: never again. */
            nextAt: string | null;
            last: {
                /** Format: date-time */
                dueAt: string;
                /** @enum {string} */
                outcome: "begun" | "refused" | "missed";
                detail: string;
                operation: string | null;
            } | null;
            /** Format: date-time */
            createdAt: string;
        };
        ScrapeTargets: {
            /** @description HOST:PORT. */
            targets: string[];
            labels: {
                [key: string]: string;
            };
        }[];
        ServerView: {
            server: string;
            alive: boolean;
            /** @description The buckets that it leads: their writes wait for it. */
            leads: string[];
        };
        ServiceView: {
            service: string;
            replica: string;
            /** @description Null: never heard. */
            startedAtMs: number | null;
            heardAgoMs: number | null;
            /** @description Heard lately; one that has just fallen silent keeps this longer than its rank. */
            alive: boolean;
            /** @description 0 acts first; null: silent, so nobody waits for it. */
            rank: number | null;
        };
        Settings: {
            /**
             * @default balanced
             * @enum {string}
             */
            policy: "balanced" | "packed" | "power-saving";
            /**
             * @default {
             *       "hostRules": 1,
             *       "vmRules": 1,
             *       "home": 0.5,
             *       "room": 0
             *     }
             */
            weights: {
                /** @default 1 */
                hostRules: number;
                /** @default 1 */
                vmRules: number;
                /** @default 0.5 */
                home: number;
                /** @default 0 */
                room: number;
            };
            /** @default 4 */
            cpuRatio: number;
            /** @default {} */
            cpuRatioOn: {
                [key: string]: number;
            };
            /** @default 1 */
            memoryOvercommit: number;
            /** @default {} */
            memoryOvercommitOn: {
                [key: string]: number;
            };
            /**
             * @default warn
             * @enum {string}
             */
            admission: "refuse" | "warn" | "off";
            /** @default 1 */
            admissionHosts: number;
            /** @default null */
            admissionLabel: string | null;
            /**
             * @default propose
             * @enum {string}
             */
            rebalance: "off" | "propose" | "auto";
            /** @default 60 */
            rebalanceEverySeconds: number;
            /** @default 600 */
            rebalanceHoldSeconds: number;
            /** @default 2 */
            migrationsPerHost: number;
            /** @default 16 */
            migrationsPerCluster: number;
            /** @default 4 */
            migrationsPerNetwork: number;
            /** @default null */
            migrationNetworkLabel: string | null;
            /**
             * @default off
             * @enum {string}
             */
            preemption: "off" | "on";
            /** @default 600 */
            powerIdleSeconds: number;
            /** @default 1 */
            powerSpareHosts: number;
            /** @default 300 */
            powerWakeSeconds: number;
        };
        SettingsChange: {
            /** @enum {string} */
            policy?: "balanced" | "packed" | "power-saving";
            weights?: {
                hostRules?: number;
                vmRules?: number;
                home?: number;
                room?: number;
            };
            cpuRatio?: number;
            cpuRatioOn?: {
                [key: string]: number | null;
            };
            memoryOvercommit?: number;
            memoryOvercommitOn?: {
                [key: string]: number | null;
            };
            /** @enum {string} */
            admission?: "refuse" | "warn" | "off";
            admissionHosts?: number;
            admissionLabel?: string | null;
            /** @enum {string} */
            rebalance?: "off" | "propose" | "auto";
            rebalanceEverySeconds?: number;
            rebalanceHoldSeconds?: number;
            migrationsPerHost?: number;
            migrationsPerCluster?: number;
            migrationsPerNetwork?: number;
            migrationNetworkLabel?: string | null;
            /** @enum {string} */
            preemption?: "off" | "on";
            powerIdleSeconds?: number;
            powerSpareHosts?: number;
            powerWakeSeconds?: number;
        };
        SetupCode: {
            /** @description Told this once; nobody can look it up later. */
            code: string;
            expiresAtMs: number;
        };
        /** @default {} */
        StartVm: {
            /** @default null */
            host?: string | null;
            discardMemory?: boolean;
        };
        StatusView: {
            incarnation: string;
            arming: components["schemas"]["ArmingView"];
            hosts: {
                total: number;
                byHealth: {
                    joining?: number;
                    online?: number;
                    suspect?: number;
                    held?: number;
                    fencing?: number;
                    fenced?: number;
                    asleep?: number;
                };
            };
            capacity: {
                cpus: number;
                memoryMiB: number;
                assignedCpus: number;
                assignedMemoryMiB: number;
            };
            vms: {
                total: number;
                byPhase: {
                    provisioning?: number;
                    waiting?: number;
                    attaching?: number;
                    starting?: number;
                    running?: number;
                    stopping?: number;
                    detaching?: number;
                    stopped?: number;
                    migrating?: number;
                    recovering?: number;
                    failed?: number;
                    renaming?: number;
                    deleting?: number;
                    deleted?: number;
                };
            };
            volumes: {
                total: number;
            };
            pools: {
                pool: string;
                node: string;
                capacityBytes: number;
                freeBytes: number;
                revocable: boolean;
            }[];
            /** @description What no record knows, as after a restore: the copies go once the cluster is armed, the volumes stay. */
            unknown: {
                volumes: string[];
                copies: {
                    host: string;
                    vm: string;
                    generation: number;
                }[];
            };
            openIncidents: string[];
            /** @description Hosts whose newest drill somebody has to look at: checks that failed, or it is too old to rest on. */
            drills: {
                host: string;
                endedAtMs: number;
                expired: boolean;
                failed: ("power" | "watchdog" | "revocation" | "failover")[];
            }[];
            runningOperations: number;
            services: components["schemas"]["ServiceView"][];
            servers: components["schemas"]["ServerView"][];
            /** @description Buckets that have no leader for now: nobody can write to them. */
            leaderless: string[];
            /** @description How many APIs there are: one cannot see the others. */
            apis: number;
            database: {
                /** @enum {string} */
                state: "up" | "away" | "not-configured";
                /** @description Why it is away. */
                detail: string | null;
            };
            /** @description Each a sentence: what, failing alone, still takes something down. */
            singlePoints: string[];
        };
        TemplateBody: {
            description?: string;
            /** @default {} */
            parameters?: {
                [key: string]: {
                    /** @constant */
                    type: "string";
                    description?: string;
                    default?: string;
                    minLength?: number;
                    /** @description Left out: 200. */
                    maxLength?: number;
                } | {
                    /** @constant */
                    type: "number";
                    description?: string;
                    default?: number;
                    min?: number;
                    max?: number;
                    /** @description Left out: only whole numbers. */
                    integer?: boolean;
                } | {
                    /** @constant */
                    type: "boolean";
                    description?: string;
                    default?: boolean;
                } | {
                    /** @constant */
                    type: "choice";
                    description?: string;
                    default?: string | number;
                    choices: (string | number)[];
                };
            };
            vm: {
                [key: string]: unknown;
            };
        };
        TemplateView: {
            description: string;
            /** @default {} */
            parameters: {
                [key: string]: {
                    /** @constant */
                    type: "string";
                    description?: string;
                    default?: string;
                    minLength?: number;
                    /** @description Left out: 200. */
                    maxLength?: number;
                } | {
                    /** @constant */
                    type: "number";
                    description?: string;
                    default?: number;
                    min?: number;
                    max?: number;
                    /** @description Left out: only whole numbers. */
                    integer?: boolean;
                } | {
                    /** @constant */
                    type: "boolean";
                    description?: string;
                    default?: boolean;
                } | {
                    /** @constant */
                    type: "choice";
                    description?: string;
                    default?: string | number;
                    choices: (string | number)[];
                };
            };
            /** @description Of cloud-init only its lengths, unless one may change templates. */
            vm: {
                [key: string]: unknown;
            };
            name: string;
            /** Format: date-time */
            changedAt: string;
        };
        TimelineEntry: {
            atMs: number;
            /** @description Milliseconds since the host was last heard. */
            sinceHeardMs: number;
            /** @description Who or what it is about: the host, a VM, or the giver of a proof. */
            subject: string;
            text: string;
        };
        TokenView: {
            id: string;
            /** @description Of a session: the address from which it was begun. */
            name: string;
            /** @description All that it may be used for; null: all that its owner may. */
            scope: string[] | null;
            createdAtMs: number;
            expiresAtMs: number;
            /** @description To the minute; null: never yet. */
            lastUsedAtMs: number | null;
        };
        UsageView: {
            /** @description Its last name. */
            vm: string;
            uid: string;
            project: string | null;
            runningHours: number;
            vcpuHours: number;
            memoryGiBHours: number;
            /** @description From its creation to its deletion, whether or not it runs. */
            diskGiBHours: number;
        };
        UserView: {
            name: string;
            /**
             * @description A person, or a program that has tokens and no password.
             * @enum {string}
             */
            kind: "user" | "service";
            createdAtMs: number;
        };
        VmBoot: {
            order: ("disk" | "cdrom" | "network")[] | null;
        };
        VmClone: {
            name: string;
            project?: string;
            /** @default false */
            start?: boolean;
            /** @default null */
            host?: string | null;
        };
        VmCopy: {
            host: string;
            generation: number;
            /** @enum {string} */
            state: "starting" | "running" | "paused" | "stopping" | "stopped" | "failed" | "receiving" | "arrived" | "migrating";
            reason: string;
            /** @description What its probes say; null when it has none, while nothing is known, and of a copy that does not run. */
            guest: {
                /** @enum {string} */
                state: "healthy" | "unhealthy" | "panicked" | "watchdog";
                probe: string;
                reason: string;
                sinceMs: number;
            } | null;
        };
        VmDryRun: {
            vm: string;
            /** @description What would be written down of it. */
            would: string;
            /** @description Why one may not want what was accepted. */
            warning?: string;
            /** @description Of what looks for a host: where it would go, and what keeps it from the others. */
            placement: components["schemas"]["Explanation"] | null;
        };
        VmFromTemplate: {
            cpus?: number;
            memoryMiB?: number;
            maxCpus?: number;
            maxMemoryMiB?: number;
            /** @default tiny */
            image?: string;
            /**
             * @default [
             *       {
             *         "sizeMiB": 64
             *       }
             *     ]
             */
            disks?: components["schemas"]["addVmDiskRequest"][];
            /** @default guest */
            network?: string | null;
            nics?: {
                nic: number;
                network: string;
            }[];
            cpuModel?: string;
            /** @enum {string} */
            numa?: "single";
            /** @enum {string} */
            hugePages?: "2M" | "1G";
            netMbits?: number;
            diskMBs?: number;
            cloudInit?: {
                userData?: string & (unknown & unknown);
                metaData?: string;
                networkConfig?: string;
            };
            cdrom?: string | null;
            boot?: ("disk" | "cdrom" | "network")[];
            /** @default {} */
            policy?: {
                /** @default 1 */
                maxRestart?: number;
                /** @default 1 */
                maxRelocate?: number;
                /** @default 60 */
                restartWindowSeconds?: number;
                /** @default 30 */
                stopGraceSeconds?: number;
                /** @default true */
                failback?: boolean;
                /**
                 * @default storage
                 * @enum {string}
                 */
                proof?: "storage" | "power" | "both";
                /**
                 * @default always
                 * @enum {string}
                 */
                restart?: "always" | "never";
                /** @default 50 */
                priority?: number;
                /**
                 * @default restart
                 * @enum {string}
                 */
                onIsolation?: "restart" | "leave";
                /**
                 * @default restart
                 * @enum {string}
                 */
                onStorageLoss?: "restart" | "pause";
                /** @default [] */
                after?: string[];
                /** @default {} */
                probes?: {
                    /** @default false */
                    panic?: boolean;
                    /** @default false */
                    watchdog?: boolean;
                    /** @default null */
                    agent?: {
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    } | null;
                    /** @default [] */
                    tcp?: {
                        address: string;
                        port: number;
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    }[];
                    /** @default [] */
                    http?: {
                        address: string;
                        port: number;
                        /** @default / */
                        path?: string;
                        /** @default 200 */
                        status?: number;
                        /** @default 10 */
                        intervalSeconds?: number;
                        /** @default 5 */
                        timeoutSeconds?: number;
                        /** @default 3 */
                        failures?: number;
                        /** @default 60 */
                        graceSeconds?: number;
                    }[];
                };
            };
            note?: string;
            labels?: {
                [key: string]: string;
            };
            protected?: boolean;
            name: string;
            project?: string;
            /** @default true */
            start?: boolean;
            /** @default null */
            host?: string | null;
            template: string;
            /**
             * @description By name; one that is left out has its default.
             * @default {}
             */
            parameters?: {
                [key: string]: string | number | boolean;
            };
        };
        VmLoadView: {
            host: string;
            /** @description When it begins. */
            atMs: number;
            forMs: number;
            /** @description CPUs that it used */
            used: {
                mean: number;
                max: number;
            };
            /** @description CPUs for which it waited although it was ready to run */
            waited: {
                mean: number;
                max: number;
            };
            /** @description Measurements this is made of: fewer where it ran for a part only. */
            samples: number;
        };
        VmPolicy: {
            /** @default 1 */
            maxRestart: number;
            /** @default 1 */
            maxRelocate: number;
            /** @default 60 */
            restartWindowSeconds: number;
            /** @default 30 */
            stopGraceSeconds: number;
            /** @default true */
            failback: boolean;
            /**
             * @default storage
             * @enum {string}
             */
            proof: "storage" | "power" | "both";
            /**
             * @default always
             * @enum {string}
             */
            restart: "always" | "never";
            /** @default 50 */
            priority: number;
            /**
             * @default restart
             * @enum {string}
             */
            onIsolation: "restart" | "leave";
            /**
             * @default restart
             * @enum {string}
             */
            onStorageLoss: "restart" | "pause";
            /** @default [] */
            after: string[];
            probes: {
                /** @default false */
                panic: boolean;
                /** @default false */
                watchdog: boolean;
                /** @default null */
                agent: {
                    /** @default 10 */
                    intervalSeconds: number;
                    /** @default 5 */
                    timeoutSeconds: number;
                    /** @default 3 */
                    failures: number;
                    /** @default 60 */
                    graceSeconds: number;
                } | null;
                /** @default [] */
                tcp: {
                    address: string;
                    port: number;
                    /** @default 10 */
                    intervalSeconds: number;
                    /** @default 5 */
                    timeoutSeconds: number;
                    /** @default 3 */
                    failures: number;
                    /** @default 60 */
                    graceSeconds: number;
                }[];
                /** @default [] */
                http: {
                    address: string;
                    port: number;
                    /** @default / */
                    path: string;
                    /** @default 200 */
                    status: number;
                    /** @default 10 */
                    intervalSeconds: number;
                    /** @default 5 */
                    timeoutSeconds: number;
                    /** @default 3 */
                    failures: number;
                    /** @default 60 */
                    graceSeconds: number;
                }[];
            };
        };
        VmPolicyChange: {
            maxRestart?: number;
            maxRelocate?: number;
            restartWindowSeconds?: number;
            stopGraceSeconds?: number;
            failback?: boolean;
            /** @enum {string} */
            proof?: "storage" | "power" | "both";
            /** @enum {string} */
            restart?: "always" | "never";
            priority?: number;
            /** @enum {string} */
            onIsolation?: "restart" | "leave";
            /** @enum {string} */
            onStorageLoss?: "restart" | "pause";
            after?: string[];
            probes?: {
                /** @default false */
                panic?: boolean;
                /** @default false */
                watchdog?: boolean;
                /** @default null */
                agent?: {
                    /** @default 10 */
                    intervalSeconds?: number;
                    /** @default 5 */
                    timeoutSeconds?: number;
                    /** @default 3 */
                    failures?: number;
                    /** @default 60 */
                    graceSeconds?: number;
                } | null;
                /** @default [] */
                tcp?: {
                    address: string;
                    port: number;
                    /** @default 10 */
                    intervalSeconds?: number;
                    /** @default 5 */
                    timeoutSeconds?: number;
                    /** @default 3 */
                    failures?: number;
                    /** @default 60 */
                    graceSeconds?: number;
                }[];
                /** @default [] */
                http?: {
                    address: string;
                    port: number;
                    /** @default / */
                    path?: string;
                    /** @default 200 */
                    status?: number;
                    /** @default 10 */
                    intervalSeconds?: number;
                    /** @default 5 */
                    timeoutSeconds?: number;
                    /** @default 3 */
                    failures?: number;
                    /** @default 60 */
                    graceSeconds?: number;
                }[];
            };
        };
        VmRename: {
            to: string;
        };
        VmResize: {
            cpus?: number;
            memoryMiB?: number;
            maxCpus?: number | null;
            maxMemoryMiB?: number | null;
            /** @default false */
            atNextStart?: boolean;
        };
        VmSpec: {
            cpus: number;
            memoryMiB: number;
            maxCpus?: number;
            maxMemoryMiB?: number;
            /** @default tiny */
            image: string;
            /**
             * @default [
             *       {
             *         "sizeMiB": 64
             *       }
             *     ]
             */
            disks: {
                sizeMiB: number;
            }[];
            /** @default guest */
            network: string | null;
            nics?: {
                nic: number;
                network: string;
            }[];
            cpuModel?: string;
            /** @enum {string} */
            numa?: "single";
            /** @enum {string} */
            hugePages?: "2M" | "1G";
            netMbits?: number;
            diskMBs?: number;
            cloudInit?: {
                userData?: string & (unknown & unknown);
                metaData?: string;
                networkConfig?: string;
            };
            cdrom?: string | null;
            boot?: ("disk" | "cdrom" | "network")[];
            policy: components["schemas"]["VmPolicy"];
        };
        VmView: {
            name: string;
            uid: string;
            /** @description Whose it is. */
            project: string;
            spec: {
                cpus: number;
                memoryMiB: number;
                maxCpus?: number;
                maxMemoryMiB?: number;
                /** @default tiny */
                image: string;
                /**
                 * @default [
                 *       {
                 *         "sizeMiB": 64
                 *       }
                 *     ]
                 */
                disks: {
                    sizeMiB: number;
                }[];
                /** @default guest */
                network: string | null;
                nics?: {
                    nic: number;
                    network: string;
                }[];
                cpuModel?: string;
                /** @enum {string} */
                numa?: "single";
                /** @enum {string} */
                hugePages?: "2M" | "1G";
                netMbits?: number;
                diskMBs?: number;
                /** @description What its guest is told at its first boot: not what it says. */
                cloudInit?: {
                    userData?: {
                        bytes: number;
                        /** @description By which one can tell whether it is the same as another. */
                        sha256: string;
                    };
                    metaData?: {
                        bytes: number;
                        /** @description By which one can tell whether it is the same as another. */
                        sha256: string;
                    };
                    networkConfig?: {
                        bytes: number;
                        /** @description By which one can tell whether it is the same as another. */
                        sha256: string;
                    };
                };
                cdrom?: string | null;
                boot?: ("disk" | "cdrom" | "network")[];
                policy: components["schemas"]["VmPolicy"];
            };
            note?: string;
            labels?: {
                [key: string]: string;
            };
            protected?: boolean;
            volumes: {
                volume: string;
                pool: string;
                node: string;
                sizeMiB: number;
                source?: {
                    image: string;
                } | {
                    volume: string;
                };
            }[];
            bootsFromDisk?: boolean;
            /** @enum {string} */
            desired: "running" | "stopped" | "deleted";
            generation: number;
            /** @enum {string} */
            phase: "provisioning" | "waiting" | "attaching" | "starting" | "running" | "stopping" | "detaching" | "stopped" | "migrating" | "recovering" | "failed" | "renaming" | "deleting" | "deleted";
            reason: string;
            assignment: {
                host: string;
                hostEpoch: number;
                generation: number;
            } | null;
            migration: {
                to: {
                    host: string;
                    hostEpoch: number;
                    generation: number;
                };
                /** @enum {string} */
                stage: "opening" | "moving" | "closing" | "abandoning";
                startedAtMs: number;
                unclearSinceMs?: number;
            } | null;
            /** @default [] */
            leftovers: {
                host: string;
                hostEpoch: number;
                generation: number;
            }[];
            force: boolean;
            reboot: {
                operation: string;
                force: boolean;
            } | null;
            pausedGeneration?: number;
            resizing?: {
                operation: string;
                cpus: number;
                memoryMiB: number;
            };
            nextSize?: {
                cpus: number;
                memoryMiB: number;
                maxCpus?: number;
                maxMemoryMiB?: number;
            };
            diskChange?: {
                volume: string;
                /** @enum {string} */
                to: "there" | "gone";
                plug?: string;
            };
            nicChange?: {
                nic: number;
                /** @enum {string} */
                to: "there" | "gone";
                plug: string;
            };
            savedMemory?: {
                volume: string;
                /** @enum {string} */
                state: "storing" | "kept" | "spent";
                generation?: number;
            };
            rename?: {
                /** @enum {string} */
                is: "old" | "new";
                other: string;
                isTaken?: boolean;
            };
            operation: {
                id: string;
                /** @enum {string} */
                kind: "create" | "start" | "stop" | "reboot" | "migrate" | "relocate" | "delete" | "set" | "describe" | "cdrom" | "boot" | "nic-add" | "nic-remove" | "pause" | "resume" | "suspend" | "rename" | "resize" | "disk-add" | "disk-remove" | "evict";
            } | null;
            incident: string | null;
            wish: string | null;
            chosen: {
                host: string;
                atMs: number;
            } | null;
            canary?: boolean;
            evicted?: {
                host: string;
                generation: number;
                atMs: number;
                shutOutAtMs: number | null;
            };
            claims?: string[];
            preemptedBy?: string;
            home: string | null;
            failures: {
                starts: number;
                hosts: string[];
                inARow?: number;
                notBeforeMs?: number;
                resets?: number;
            };
            storageLost?: {
                host: string;
                generation: number;
                /** @enum {string} */
                reason: "path" | "target" | "error" | "session";
                sinceMs: number;
                isHeld: boolean;
            };
            guest?: {
                /** @enum {string} */
                state: "healthy" | "unhealthy" | "panicked" | "watchdog";
                probe: string;
                reason: string;
                sinceMs: number;
                generation: number;
                toldAtMs: number;
                isActedOn: boolean;
            } | null;
            phaseSinceMs: number;
            changedAtMs: number;
            copies: components["schemas"]["VmCopy"][];
            /** @description What its `ETag` has between quotes, for `If-Match`. */
            version: string;
            /** @description All its NICs. */
            nics: {
                nic: number;
                network: string;
                macAddress: string;
            }[];
        };
        VmWordsChange: {
            note?: string;
            labels?: {
                /** @default {} */
                set?: {
                    [key: string]: string;
                };
                /** @default [] */
                remove?: string[];
            };
            protected?: boolean;
        };
        VolumeView: {
            volume: string;
            pool: string;
            node: string;
            vm: string;
            namedAt?: number;
            sizeMiB: number;
            image: string | null;
            source?: {
                image: string;
            } | {
                volume: string;
            };
            /** @enum {string} */
            state: "creating" | "ready" | "failed" | "deleting" | "deleted";
            reason: string;
            changedAtMs: number;
            /** @description That of its VM; null when that is not there. */
            project: string | null;
            attachment: components["schemas"]["AttachmentView"] | null;
        };
        WebhookTest: {
            taken: boolean;
            /** @description Why it was not taken. */
            failure: string | null;
        };
        WebhookView: {
            name: string;
            url: string;
            /** @description As of GET /events: `vm`, `vm.web1`, `vm.*.started`; empty for all. */
            filter: string;
            enabled: boolean;
            /** Format: date-time */
            createdAt: string;
            /** @description Events on their way. */
            pending: number;
            /** @description Events that it did not take within 24 hours. */
            dead: number;
        };
        WhoamiView: {
            /** @enum {string} */
            kind: "user" | "service" | "local";
            name: string;
            roles: {
                role: string;
                /** @description Null: in the whole cluster. */
                project: string | null;
            }[];
            /** @description In the whole cluster. */
            permissions: string[];
        };
        addVmDiskRequest: {
            sizeMiB: number;
        };
        addVmNicRequest: {
            network: string;
        };
        beginOidcRequest: {
            redirect: string;
        };
        changePasswordRequest: {
            old: string;
            password: string;
        };
        createVmRequest: components["schemas"]["NewVm"] | components["schemas"]["VmFromTemplate"];
        labelHostRequest: {
            /** @default {} */
            set?: {
                [key: string]: string;
            };
            /** @default [] */
            remove?: string[];
        };
        linkUserRequest: {
            subject: string;
        };
        listAuditAnswer: {
            items: components["schemas"]["AuditEntry"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listDeliveriesAnswer: {
            items: components["schemas"]["Delivery"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listDrillsAnswer: {
            items: components["schemas"]["DrillView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listGrantsAnswer: {
            items: components["schemas"]["GrantView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listGroupsAnswer: {
            items: components["schemas"]["GroupView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listHistoryAnswer: {
            items: components["schemas"]["HistoryEntry"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listHostLoadsAnswer: {
            items: components["schemas"]["HostLoadView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listHostsAnswer: {
            items: components["schemas"]["HostView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listImagesAnswer: {
            items: components["schemas"]["ImageView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listIncidentsAnswer: {
            items: components["schemas"]["IncidentView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listNetworksAnswer: {
            items: components["schemas"]["NetworkView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listOperationsAnswer: {
            items: components["schemas"]["OperationView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listProjectUsageAnswer: {
            items: components["schemas"]["ProjectUsageView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listProjectsAnswer: {
            items: components["schemas"]["ProjectView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listRolesAnswer: {
            items: components["schemas"]["RoleView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listRulesAnswer: {
            items: components["schemas"]["RuleView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listSchedulesAnswer: {
            items: components["schemas"]["ScheduleView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listSessionsAnswer: {
            items: components["schemas"]["TokenView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listTemplatesAnswer: {
            items: components["schemas"]["TemplateView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listUsageAnswer: {
            items: components["schemas"]["UsageView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listUsersAnswer: {
            items: components["schemas"]["UserView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listVmEventsAnswer: {
            items: components["schemas"]["CloudEvent"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listVmLoadsAnswer: {
            items: components["schemas"]["VmLoadView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listVmsAnswer: {
            items: components["schemas"]["VmView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listVolumesAnswer: {
            items: components["schemas"]["VolumeView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        listWebhooksAnswer: {
            items: components["schemas"]["WebhookView"][];
            /** @description The `after` of the following page; null on the last. */
            next: string | null;
        };
        loginRequest: {
            name: string;
            password: string;
        };
        putGroupRequest: {
            members: string[];
        };
        relocateVmRequest: {
            host: string;
        };
        resumeIncidentRequest: {
            reason: string;
        };
        setArmedRequest: {
            armed: boolean;
            /** @default false */
            shadow?: boolean;
            /** @default  */
            reason?: string;
        };
        setMaintenanceRequest: {
            on: boolean;
            /** @default  */
            reason?: string;
            /** @enum {string} */
            stuck?: "leave" | "shutdown" | "restart";
        };
        setPasswordRequest: {
            password: string;
        };
        setUpRequest: {
            code: string;
            name: string;
            password: string;
        };
        setVmCdromRequest: {
            iso: string | null;
        };
    };
    responses: {
        /** @description Why not, and what to do about it. */
        Problem: {
            headers: {
                "X-Request-Id": components["headers"]["RequestId"];
                traceparent: components["headers"]["Traceparent"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Change nothing: answer with what would come of it. */
        DryRun: boolean;
        /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
        IfMatch: string;
        /** @description An id for this request; left out, or not of this form, it gets one. */
        RequestId: string;
        /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
        Traceparent: string;
        /** @description The same key and the same request are one operation, however often they are sent. */
        IdempotencyKey: string;
    };
    requestBodies: never;
    headers: {
        /** @description In the log of the API and in the audit entry. */
        RequestId: string;
        /** @description Its trace is in every log line, event, operation and audit entry that the request causes. */
        Traceparent: string;
        /** @description Of what was read, to be sent as `If-Match`. */
        ETag: string;
        /** @description Where the operation is found. */
        Location: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getStatus: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StatusView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getArmed: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArmingView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setArmed: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["setArmedRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ArmingView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    discoverHosts: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScrapeTargets"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    discoverGuests: {
        parameters: {
            query?: {
                /** @description Where the guests serve their metrics. */
                port?: number;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScrapeTargets"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    proveCapacity: {
        parameters: {
            query?: {
                /** @description A host, LABEL=VALUE for all hosts with it, or a number for any so many hosts; left out: any one. */
                lose?: string;
                /** @description Hosts with commas between them that are emptied before. */
                away?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CapacityReport"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getOpenApi: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getAsyncApi: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listHosts: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listHostsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getHost: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HostView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listHostLoads: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description From this moment on, as 2026-01-31T12:00:00Z. */
                from?: string;
                /** @description Before this moment. */
                until?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listHostLoadsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    confirmHostDead: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfirmedDead"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    fenceHost: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Confirmation"];
            };
        };
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FencedHost"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    clearHost: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedHost"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    wakeHost: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedHost"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    labelHost: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["labelHostRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LabelledHost"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    planDrain: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrainPlan"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setMaintenance: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["setMaintenanceRequest"];
            };
        };
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedHost"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listVms: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listVmsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    createVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["createVmRequest"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getVm: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listVmLoads: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description From this moment on, as 2026-01-31T12:00:00Z. */
                from?: string;
                /** @description Before this moment. */
                until?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listVmLoadsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listVmEvents: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listVmEventsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getVmConsole: {
        parameters: {
            query?: {
                /** @description How many bytes at most. */
                bytes?: number;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsoleView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    bulkVms: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Bulk"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkView"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BulkView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getVmScreenshot: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "image/png": unknown;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    startVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["StartVm"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    stopVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Force"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    rebootVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Force"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    resetVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    pauseVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    suspendVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    resumeVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    migrateVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["OnHost"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    relocateVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["relocateVmRequest"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    resizeVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmResize"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    renameVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmRename"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    cloneVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmClone"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    addVmDisk: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["addVmDiskRequest"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    removeVmDisk: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
                volume: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setVmPolicy: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmPolicyChange"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    addVmNic: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["addVmNicRequest"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    removeVmNic: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
                nic: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setVmBoot: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmBoot"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setVmCdrom: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["setVmCdromRequest"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    describeVm: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                vm: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VmWordsChange"];
            };
        };
        responses: {
            /** @description Of a dry run: what would come of it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["VmDryRun"];
                };
            };
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listTemplates: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listTemplatesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newTemplate: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTemplate"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getTemplate: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    replaceTemplate: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TemplateBody"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TemplateView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteTemplate: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                template: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listSchedules: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listSchedulesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewSchedule"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ScheduleView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listVolumes: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listVolumesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listNetworks: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listNetworksAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newNetwork: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewNetwork"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedNetwork"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getNetwork: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                network: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NetworkView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    changeNetwork: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                network: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NetworkChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedNetwork"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteNetwork: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                network: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedNetwork"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listImages: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listImagesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listIncidents: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listIncidentsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getIncident: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    resumeIncident: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["resumeIncidentRequest"];
            };
        };
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ResumedIncident"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listDrills: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listDrillsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getDrill: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DrillView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    beginDrill: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                host: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BegunDrill"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listOperations: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listOperationsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getOperation: {
        parameters: {
            query?: {
                /** @description Answer when it has ended, or after so many milliseconds. */
                waitMs?: number;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperationView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    cancelOperation: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Accepted"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listRules: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listRulesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getRule: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RuleView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    putRule: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RuleSpec"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedRule"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteRule: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                rule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ChangedRule"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    explainPlacement: {
        parameters: {
            query?: {
                vm?: string;
                cpus?: number;
                memoryMiB?: number;
                network?: string;
                nics?: {
                    nic: number;
                    network: string;
                }[];
                cpuModel?: string;
                numa?: "single";
                hugePages?: "2M" | "1G";
                netMbits?: number;
                diskMBs?: number;
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getRebalance: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RebalanceView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    applyRebalance: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is under way. */
            202: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RebalancePlan"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    ETag: components["headers"]["ETag"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    changeSettings: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SettingsChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Settings"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    followEvents: {
        parameters: {
            query?: {
                /** @description The first place in the stream that is wanted; left out: only what happens from now on. */
                since?: number | string;
                follow?: "true" | "false";
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": unknown;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listHistory: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: "time" | "-time";
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description From this moment on, as 2026-01-31T12:00:00Z. */
                from?: string;
                /** @description Before this moment. */
                until?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listHistoryAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listUsage: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
                /** @description In UTC; left out: this month, until now. */
                month?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listUsageAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listProjectUsage: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
                /** @description In UTC; left out: this month, until now. */
                month?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listProjectUsageAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listWebhooksAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewWebhookRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewWebhook"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listDeliveriesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WebhookTest"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    redeliver: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RedeliverRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Redelivered"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    whoami: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhoamiView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["loginRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSession"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    beginOidc: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["beginOidcRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BegunSignIn"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    finishOidc: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FinishOidc"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSession"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setUp: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["setUpRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewSession"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newSetupCode: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupCode"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["changePasswordRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listSessionsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listSessionsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listUsersAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    linkUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["linkUserRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setPassword: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["setPasswordRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    unlockUser: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listSessionsOf: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listSessionsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    endSessionsOf: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listTokensOf: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listSessionsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newTokenOf: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewTokenRequest"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewToken"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    revokeTokenOf: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                user: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listGroups: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listGroupsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    putGroup: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["putGroupRequest"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GroupView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteGroup: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                group: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listRoles: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listRolesAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    putRole: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                role: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OwnRole"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RoleView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteRole: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                role: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listGrants: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listGrantsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    grantRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewGrant"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrantView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    revokeRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listProjects: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: string;
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description Only these fields of each item, with commas between them: `name,spec.cpus`. */
                fields?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listProjectsAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    newProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProject"];
            };
        };
        responses: {
            /** @description Done. */
            201: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProjectView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    deleteProject: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Removed"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    getQuota: {
        parameters: {
            query?: never;
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuotaView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    setQuota: {
        parameters: {
            query?: {
                /** @description Change nothing: answer with what would come of it. */
                dryRun?: components["parameters"]["DryRun"];
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
                /** @description The same key and the same request are one operation, however often they are sent. */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
                /** @description The `ETag` of the answer that this change rests on; 412 when it has changed since. */
                "If-Match"?: components["parameters"]["IfMatch"];
            };
            path: {
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["QuotaChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QuotaView"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            412: components["responses"]["Problem"];
            413: components["responses"]["Problem"];
            415: components["responses"]["Problem"];
            422: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description How many items at most. */
                limit?: number;
                /** @description The `next` of the page before. */
                after?: string;
                /** @description One column, with `-` before it for the largest first. */
                sort?: "time" | "-time";
                /** @description Conditions on columns with commas between them, which all hold: `phase=running,memoryMiB>=2048,name~web`. Of events: a noun, optionally with a name and a verb: `vm.web1`. */
                filter?: string;
                /** @description From this moment on, as 2026-01-31T12:00:00Z. */
                from?: string;
                /** @description Before this moment. */
                until?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["listAuditAnswer"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
    verifyAudit: {
        parameters: {
            query?: {
                /** @description The `end` of an earlier verification: shows a log that was cut short or made anew. */
                known?: string;
            };
            header?: {
                /** @description An id for this request; left out, or not of this form, it gets one. */
                "X-Request-Id"?: components["parameters"]["RequestId"];
                /** @description W3C Trace Context: the trace that this request belongs to; left out, or not of this form, a new one. */
                traceparent?: components["parameters"]["Traceparent"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-Request-Id": components["headers"]["RequestId"];
                    traceparent: components["headers"]["Traceparent"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditVerdict"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            429: components["responses"]["Problem"];
            503: components["responses"]["Problem"];
            default: components["responses"]["Problem"];
        };
    };
}
