# Collects garbage when a leak checker asks for it, and says how many objects are alive and what their slots take, or which
# lines allocated them.
#
# Ruby requires this at its start, because the checker has named it in RUBYOPT. One thread waits on a Unix socket in the
# abstract namespace, whose name ends with the process number; it takes the interpreter only to answer. It uses the
# extension of sockets without the library around it, which would activate a gem that the program may want in another
# version.
if (token = ENV["WATERTIGHT_AGENT"]) && RUBY_ENGINE == "ruby"
  begin
    require "socket.so"

    listener = connection = pid = nil
    request = String.new(capacity: 64)

    # What the slots of live objects take; nil where Ruby does not tell, or keeps its heap in blocks of malloc.
    slot_bytes =
      if RUBY_VERSION >= "3.2"
        slot_sizes = GC.stat_heap.transform_values { |heap| heap[:slot_size] }
        if GC.stat_heap(0).key?(:total_freed_objects)
          lambda do
            slot_sizes.sum do |heap, size|
              (GC.stat_heap(heap, :total_allocated_objects) - GC.stat_heap(heap, :total_freed_objects)) * size
            end
          end
        end
      elsif RUBY_VERSION >= "3.1"
        slot_size = GC::INTERNAL_CONSTANTS[:RVALUE_SIZE]
        -> { GC.stat(:heap_live_slots) * slot_size }
      end
    page_bytes = GC::INTERNAL_CONSTANTS[:HEAP_PAGE_SIZE]

    # A program that has turned its collector off keeps its garbage: that is what it does when nobody looks.
    collect = lambda do
      next if GC.disable
      GC.enable
      left = nil
      3.times do
        GC.start
        break if left == (left = GC.stat(:heap_live_slots))
      end
    end

    # `allocation COUNT BYTES CLASS METHOD FILE LINE` for each line that allocated objects since it was first asked for this,
    # separated by tabs, behind an empty line; lines that fewer than three objects are left of are none.
    is_tracing = false
    causes = lambda do
      unless is_tracing
        require "objspace.so"
        ObjectSpace.trace_object_allocations_start
        is_tracing = true
      end
      class_of = Kernel.instance_method(:class)
      name_of = Module.instance_method(:name)
      left = {}
      ObjectSpace.each_object do |object|
        file = ObjectSpace.allocation_sourcefile(object)
        next if file.nil? || file == __FILE__
        key = [class_of.bind(object).call, ObjectSpace.allocation_method_id(object), file, ObjectSpace.allocation_sourceline(object)]
        tally = (left[key] ||= [0, 0])
        tally[0] += 1
        tally[1] += ObjectSpace.memsize_of(object)
      end
      lines = left.select { |_, tally| tally[0] > 2 }.map do |(type, method, file, line), tally|
        ["allocation", *tally, name_of.bind(type).call || "a class without a name", method, file, line].map { |each| each.to_s.tr("\t\n\r", " ") }.join("\t")
      end
      ["", *lines].join("\n") + "\n"
    rescue StandardError, LoadError => error
      "failed #{error.class}: #{error.message}\n"
    end

    answer = lambda do
      next unless IO.select([connection], nil, nil, 1)
      asked = connection.readpartial(16, request)
      next unless asked == "read\n" || asked == "causes\n"
      collect.call
      next connection.write(causes.call) if asked == "causes\n"
      objects = GC.stat(:heap_live_slots)
      bytes = slot_bytes && " #{slot_bytes.call} #{GC.stat(:heap_allocated_pages) * page_bytes}"
      connection.write("objects #{objects}#{bytes}\n")
    end

    serve = lambda do
      loop do
        begin
          connection = listener.accept
          answer.call
        rescue SystemCallError, EOFError
          # Whoever asked has gone, or there is no descriptor to be had for the moment.
          sleep 0.01
        ensure
          connection&.close
          connection = nil
        end
      end
    rescue StandardError
      listener.close
    end

    start = lambda do
      pid = Process.pid
      # What a fork has left of its parent's.
      listener&.close
      connection&.close
      listener = connection = nil
      listener = UNIXServer.new("\0watertight-#{token}-#{pid}")
      thread = Thread.new(&serve)
      thread.name = "watertight"
      thread.report_on_exception = false
      # Puma warns of other threads that are there before it forks.
      thread.thread_variable_set(:fork_safe, true)
    rescue StandardError
      # A process that lacks descriptors or threads is not probed.
    end

    # A thread ends in the child of a fork. Only the main Ractor may call what is a closure; a child of another is without.
    Process.singleton_class.prepend(
      Module.new do
        define_method(:_watertight_start) { start.call if pid != Process.pid }
        private :_watertight_start

        def _fork
          # In the child the one that forks is the main one.
          is_main = Ractor.current == Ractor.main
          child = super
          _watertight_start if child == 0 && is_main
          child
        end

        def daemon(*arguments)
          result = super
          _watertight_start if !defined?(Ractor) || Ractor.current == Ractor.main
          result
        end
      end
    )
    # Programs that join all threads would wait for ours. Not by a closure, which a Ractor may not call.
    Thread.singleton_class.prepend(
      Module.new do
        def list
          super.delete_if { |each| each.name == "watertight" }
        end
      end
    )
    start.call
  rescue StandardError, ScriptError
    # The program goes on without.
  end
end
